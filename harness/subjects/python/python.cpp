#include "harness/subjects/python/python.hpp"

#include <algorithm>
#include <cstdlib>

#include "harness/subjects/python/worker.hpp"

namespace normdiff {
namespace {

bool has_torch(const std::filesystem::path& interpreter) {
  std::error_code ignored;
  if (!std::filesystem::exists(interpreter, ignored)) return false;
  auto started = Process::start(
      {interpreter.string(), "-c",
       "import importlib.util, sys; sys.exit(importlib.util.find_spec('torch') is None)"});
  auto* process = std::get_if<std::unique_ptr<Process>>(&started);
  if (process == nullptr) return false;
  const ExitStatus status = (*process)->finish(std::chrono::seconds(10));
  return status.code == 0 && status.signal == 0;
}

std::vector<std::filesystem::path> candidates() {
  std::vector<std::filesystem::path> out;
  if (const char* list = std::getenv("NORMDIFF_PYTHON")) {
    std::string_view rest = list;
    while (!rest.empty()) {
      const std::size_t colon = std::min(rest.find(':'), rest.size());
      if (colon > 0) out.emplace_back(rest.substr(0, colon));
      rest.remove_prefix(std::min(colon + 1, rest.size()));
    }
  }
  // NORMDIFF_SHARE is harness/subjects/python of the project.
  const std::filesystem::path project =
      std::filesystem::path(NORMDIFF_SHARE).parent_path().parent_path().parent_path();
  out.push_back(project / ".venv" / "bin" / "python");
  out.emplace_back("/usr/bin/python3");
  return out;
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

std::vector<std::filesystem::path> find_interpreters() {
  std::vector<std::filesystem::path> found;
  for (std::filesystem::path& candidate : candidates())
    if (std::find(found.begin(), found.end(), candidate) == found.end() && has_torch(candidate))
      found.push_back(std::move(candidate));
  return found;
}

}  // namespace normdiff
