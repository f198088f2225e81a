#include "harness/campaign/subjects.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <system_error>

#include "harness/os/process.hpp"
#include "harness/subjects/python/python.hpp"
#include "harness/subjects/textbook/textbook.hpp"
#include "harness/text/version.hpp"

namespace normdiff {
namespace {

constexpr std::string_view host_prefix = "normdiff-host-";
constexpr std::string_view textbook_prefix = "textbook:";
constexpr std::string_view python_prefix = "python:";

void newest_first(std::vector<FoundSubject>& subjects) {
  std::stable_sort(subjects.begin(), subjects.end(),
                   [](const FoundSubject& a, const FoundSubject& b) {
                     return parse_version(normalise_version(a.version)) >
                            parse_version(normalise_version(b.version));
                   });
}

/// The version that `import torch` would give, without importing it; empty: it can't be told.
std::string torch_version(const std::filesystem::path& interpreter) {
  constexpr const char* program =
      "import importlib.util, os, re\n"
      "folder = os.path.dirname(importlib.util.find_spec('torch').origin)\n"
      "text = open(os.path.join(folder, 'version.py')).read()\n"
      "print(re.search(r\"__version__ = '([^']+)'\", text)[1])\n";
  auto started = Process::start({interpreter.string(), "-c", program});
  if (std::holds_alternative<std::string>(started)) return {};
  const auto read =
      std::get<std::unique_ptr<Process>>(started)->read_line(std::chrono::seconds(20));
  const auto* line = std::get_if<std::string>(&read);
  return line ? normalise_version(*line) : std::string();
}

FoundSubject textbook(const SubjectPlaces& places, std::string name) {
  const std::string program = places.program.string();
  return {name, "textbook", NORMDIFF_VERSION, program, {program, "host", "--subject", name}};
}

/// Looks for each family once, and only when asked.
class Catalogue {
 public:
  explicit Catalogue(const SubjectPlaces& places) : places_(places) {}

  const std::vector<FoundSubject>& libtorch() { return once(libtorch_, find_libtorch); }
  const std::vector<FoundSubject>& python() { return once(python_, find_python); }
  std::vector<FoundSubject> textbooks() { return find_textbook(places_, true); }

  std::string list() {
    std::vector<std::string> ids;
    for (const auto& family : {libtorch(), python(), textbooks()})
      for (const FoundSubject& subject : family) ids.push_back(subject.id);
    return fmt::format("{}", fmt::join(ids, ", "));
  }

 private:
  const std::vector<FoundSubject>& once(std::optional<std::vector<FoundSubject>>& kept,
                                        std::vector<FoundSubject> (*find)(const SubjectPlaces&)) {
    if (!kept) kept = find(places_);
    return *kept;
  }
  const SubjectPlaces& places_;
  std::optional<std::vector<FoundSubject>> libtorch_;
  std::optional<std::vector<FoundSubject>> python_;
};

/// The subjects of one name; none: there is no such.
std::vector<FoundSubject> named(const std::string& name, Catalogue& catalogue) {
  if (name == "all") {
    std::vector<FoundSubject> all = catalogue.libtorch();
    const auto& python = catalogue.python();
    all.insert(all.end(), python.begin(), python.end());
    all.push_back(catalogue.textbooks().front());
    return all;
  }
  const std::string family = name.substr(0, name.find_first_of("@:"));
  const std::vector<FoundSubject> candidates = family == "libtorch"   ? catalogue.libtorch()
                                               : family == "python"   ? catalogue.python()
                                               : family == "textbook" ? catalogue.textbooks()
                                                                      : std::vector<FoundSubject>();
  for (const FoundSubject& subject : candidates)
    if (name == family || name == subject.id || name == subject.id + "@" + subject.version)
      return {subject};
  return {};
}

}  // namespace

SubjectPlaces own_places() {
  std::error_code failed;
  return {std::filesystem::read_symlink("/proc/self/exe", failed)};
}

std::vector<FoundSubject> find_libtorch(const SubjectPlaces& places) {
  std::vector<FoundSubject> found;
  std::error_code failed;
  for (const auto& entry :
       std::filesystem::directory_iterator(places.program.parent_path(), failed)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind(host_prefix, 0) != 0 || !entry.is_regular_file(failed)) continue;
    const std::string version = name.substr(host_prefix.size());
    if (!parse_version(normalise_version(version))) continue;
    const std::string path = entry.path().string();
    found.push_back({"libtorch@" + version, "libtorch", version, path, {path}});
  }
  newest_first(found);
  return found;
}

std::vector<FoundSubject> find_python(const SubjectPlaces& places) {
  std::vector<FoundSubject> found;
  for (const std::filesystem::path& interpreter : find_interpreters()) {
    const std::string version = torch_version(interpreter);
    const std::string path = interpreter.string();
    const std::string id = "python@" + (version.empty() ? path : version);
    const bool twice = std::any_of(found.begin(), found.end(),
                                   [&](const FoundSubject& other) { return other.id == id; });
    if (twice) continue;
    found.push_back(
        {id,
         "python",
         version,
         path,
         {places.program.string(), "host", "--subject", std::string(python_prefix) + path}});
  }
  newest_first(found);
  return found;
}

std::vector<FoundSubject> find_textbook(const SubjectPlaces& places, bool with_faults) {
  std::vector<FoundSubject> found = {textbook(places, "textbook")};
  if (with_faults)
    for (const std::string_view fault : textbook_faults())
      found.push_back(textbook(places, std::string(textbook_prefix) + std::string(fault)));
  return found;
}

std::variant<std::vector<FoundSubject>, SubjectError> resolve_subjects(
    const std::vector<std::string>& names, const SubjectPlaces& places) {
  Catalogue catalogue(places);
  std::vector<FoundSubject> subjects;
  for (const std::string& name : names) {
    const std::vector<FoundSubject> these = named(name, catalogue);
    if (these.empty())
      return SubjectError{
          fmt::format("there is no subject '{}'; there are {} (see normdiff subjects)", name,
                      catalogue.list())};
    for (const FoundSubject& subject : these) {
      const bool twice =
          std::any_of(subjects.begin(), subjects.end(),
                      [&](const FoundSubject& other) { return other.id == subject.id; });
      if (!twice) subjects.push_back(subject);
    }
  }
  return subjects;
}

std::vector<FoundSubject> default_subjects(const SubjectPlaces& places, bool with_textbook) {
  std::vector<FoundSubject> subjects;
  for (auto* find : {find_libtorch, find_python}) {
    const std::vector<FoundSubject> found = find(places);
    if (!found.empty()) subjects.push_back(found.front());
  }
  if (with_textbook) subjects.push_back(find_textbook(places, false).front());
  return subjects;
}

std::variant<Subject, SubjectError> make_own_subject(const std::string& name) {
  if (name.rfind(python_prefix, 0) == 0) {
    auto made = make_python_subject(name.substr(python_prefix.size()));
    if (const auto* error = std::get_if<std::string>(&made)) return SubjectError{*error};
    return std::get<Subject>(std::move(made));
  }
  const std::vector<std::string_view> faults = textbook_faults();
  const std::string fault =
      name.rfind(textbook_prefix, 0) == 0 ? name.substr(textbook_prefix.size()) : "";
  const bool known = fault.empty() ? name == "textbook"
                                   : std::find(faults.begin(), faults.end(), fault) != faults.end();
  if (!known)
    return SubjectError{
        fmt::format("there is no subject {} to host; there are textbook, "
                    "textbook:FAULT with one of {}, and python:INTERPRETER",
                    name, fmt::join(faults, ", "))};
  return make_textbook_subject(fault);
}

}  // namespace normdiff
