#include "harness/subjects/python/python.hpp"

#include <algorithm>
#include <cstdlib>

#include "harness/os/process.hpp"
#include "harness/subjects/python/worker.hpp"
#include "harness/text/version.hpp"

namespace normdiff {
namespace {

/// Prints the version that `import torch` would give.
constexpr const char* print_version =
    "import importlib.util, os, re, sys\n"
    "torch = importlib.util.find_spec('torch')\n"
    "if torch is None or torch.origin is None:\n"
    "    sys.exit('no torch')\n"
    "text = open(os.path.join(os.path.dirname(torch.origin), 'version.py')).read()\n"
    "print(re.search(r'__version__(?:: \\w+)? = [\\x27\\x22]([^\\x27\\x22]+)', text)[1])\n";

/// The entries of a list like PATH, each once.
std::vector<std::filesystem::path> entries_of(std::string_view list) {
  std::vector<std::filesystem::path> entries;
  while (!list.empty()) {
    const std::size_t colon = std::min(list.find(':'), list.size());
    const std::filesystem::path entry = list.substr(0, colon);
    if (colon > 0 && std::find(entries.begin(), entries.end(), entry) == entries.end())
      entries.push_back(entry);
    list.remove_prefix(std::min(colon + 1, list.size()));
  }
  return entries;
}

}  // namespace

std::variant<Subject, std::string> make_python_subject(const std::filesystem::path& interpreter,
                                                       const PythonOptions& options) {
  auto worker = std::make_shared<PythonWorker>(interpreter, options);
  if (const auto problem = worker->start()) return *problem;
  Subject subject;
  subject.manifest = worker->manifest();
  subject.run = [worker](const Scenario& scenario, const Scope&, Trace& trace) {
    worker->run(scenario, trace);
  };
  return subject;
}

Interpreter look_at(const std::filesystem::path& named) {
  if (named.empty())
    return {named, {}, "no path is named; write one, as python:/path/of/an/interpreter"};
  std::error_code ignored;
  const std::filesystem::path interpreter = std::filesystem::absolute(named, ignored);
  if (!std::filesystem::exists(interpreter, ignored))
    return {interpreter, {}, "there is no such file; correct the path"};
  if (std::filesystem::is_directory(interpreter, ignored))
    return {interpreter, {}, "it is a folder; name the program in it, as .../bin/python"};
  auto started = Process::start({interpreter.string(), "-c", print_version});
  if (const auto* failed = std::get_if<std::string>(&started))
    return {interpreter, {}, "it can't be started: " + *failed};
  Process& process = *std::get<std::unique_ptr<Process>>(started);
  const auto read = process.read_line(std::chrono::seconds(20));
  const auto* line = std::get_if<std::string>(&read);
  if (line != nullptr && parse_version(normalise_version(*line)))
    return {interpreter, normalise_version(*line), {}};
  return {
      interpreter, {}, "it has no torch, or is no Python; install torch in it, or name another"};
}

std::vector<Interpreter> find_interpreters(const std::filesystem::path& venv) {
  std::vector<Interpreter> found;
  const char* named = std::getenv("NORMDIFF_PYTHON");
  if (named != nullptr && *named != '\0') {
    for (const std::filesystem::path& path : entries_of(named)) found.push_back(look_at(path));
    return found;
  }
  std::error_code ignored;  // of a folder that is not there the path as it is
  const std::filesystem::path real = std::filesystem::weakly_canonical(venv, ignored);
  for (const std::filesystem::path& path :
       {real / "bin" / "python", std::filesystem::path("/usr/bin/python3")})
    if (Interpreter interpreter = look_at(path); interpreter.problem.empty())
      found.push_back(std::move(interpreter));
  return found;
}

}  // namespace normdiff
