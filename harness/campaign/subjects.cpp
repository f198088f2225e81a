#include "harness/campaign/subjects.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

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
constexpr std::string_view libtorch_prefix = "libtorch:";

void newest_first(std::vector<FoundSubject>& subjects) {
  std::stable_sort(subjects.begin(), subjects.end(),
                   [](const FoundSubject& a, const FoundSubject& b) {
                     return parse_version(normalise_version(a.version)) >
                            parse_version(normalise_version(b.version));
                   });
}

FoundSubject textbook(const SubjectPlaces& places, std::string name) {
  const std::string program = places.program.string();
  return {name, "textbook", NORMDIFF_VERSION, program, {program, "host", "--subject", name}, {}};
}

/// An interpreter under a name: "python@2.13.0", or "python:PATH", which the host then has too.
FoundSubject python(const SubjectPlaces& places, const Interpreter& interpreter, std::string id) {
  const std::string path = interpreter.path.string();
  std::vector<std::string> command = {places.program.string(), "host", "--subject",
                                      std::string(python_prefix) + path};
  if (id.starts_with(python_prefix)) command.insert(command.end(), {"--as", id});
  return {std::move(id), "python",           interpreter.version,
          path,          std::move(command), interpreter.problem};
}

/// The host of a LibTorch, by its path.
FoundSubject libtorch_host(const std::filesystem::path& path) {
  const std::string id = std::string(libtorch_prefix) + path.string();
  FoundSubject host{id, "libtorch", {}, path.string(), {path.string(), "--as", id}, {}};
  std::error_code failed;
  if (path.empty())
    host.problem = "no path is named; write one, as libtorch:/path/of/a/normdiff-host";
  else if (!std::filesystem::exists(path, failed))
    host.problem = "there is no such file; name a normdiff-host-VERSION, which make build makes";
  else if (!std::filesystem::is_regular_file(path, failed) || access(path.c_str(), X_OK) != 0)
    host.problem = "it is no program; name a normdiff-host-VERSION, which make build makes";
  return host;
}

/// "python:PATH", or "python:PATH@2.13.0" as a report writes it.
struct Named {
  std::filesystem::path path;
  std::string version;  ///< empty: any
};
Named path_in(const std::string& name, std::string_view prefix) {
  const std::string path = name.substr(prefix.size());
  std::error_code failed;
  const std::size_t at = path.rfind('@');
  if (at != std::string::npos && !std::filesystem::exists(path, failed) &&
      parse_version(normalise_version(path.substr(at + 1))))
    return {std::filesystem::absolute(path.substr(0, at), failed), path.substr(at + 1)};
  return {std::filesystem::absolute(path, failed), {}};
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
      for (const FoundSubject& subject : family)
        if (subject.problem.empty()) ids.push_back(subject.id);
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
std::vector<FoundSubject> named(const std::string& name, const SubjectPlaces& places,
                                Catalogue& catalogue) {
  if (name.starts_with(python_prefix)) {
    const Named wanted = path_in(name, python_prefix);
    Interpreter interpreter = look_at(wanted.path);
    if (interpreter.problem.empty() && !wanted.version.empty() &&
        wanted.version != interpreter.version)
      interpreter.problem = fmt::format(
          "its torch is {}, not {}; leave the version out, or name "
          "another",
          interpreter.version, wanted.version);
    return {python(places, interpreter, std::string(python_prefix) + interpreter.path.string())};
  }
  if (name.starts_with(libtorch_prefix))
    return {libtorch_host(path_in(name, libtorch_prefix).path)};
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
  for (const FoundSubject& subject : candidates)  // of those that are named every one must do
    if (name == family && !subject.problem.empty()) return {subject};
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

std::vector<std::filesystem::path> SubjectPlaces::programs() const {
  const std::filesystem::path beside = program.parent_path();
  return {beside, beside.parent_path() / "libexec" / "normdiff"};
}

std::filesystem::path SubjectPlaces::venv() const {
  return programs().back() / "venv";
}

std::filesystem::path SubjectPlaces::corpus() const {
  return program.parent_path().parent_path() / "share" / "normdiff" / "corpus";
}

std::vector<FoundSubject> find_libtorch(const SubjectPlaces& places) {
  std::vector<FoundSubject> found;
  std::error_code failed;
  for (const std::filesystem::path& folder : places.programs())
    for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
      const std::string name = entry.path().filename().string();
      if (name.rfind(host_prefix, 0) != 0 || !entry.is_regular_file(failed)) continue;
      const std::string version = name.substr(host_prefix.size());
      if (!parse_version(normalise_version(version))) continue;
      const std::string path = entry.path().string();
      found.push_back({"libtorch@" + version, "libtorch", version, path, {path}, {}});
    }
  newest_first(found);
  return found;
}

std::vector<FoundSubject> find_python(const SubjectPlaces& places) {
  std::vector<FoundSubject> found;
  for (const Interpreter& interpreter : find_interpreters(places.venv())) {
    std::string id = "python@" + interpreter.version;
    if (interpreter.version.empty() ||
        std::any_of(found.begin(), found.end(),
                    [&](const FoundSubject& other) { return other.id == id; }))
      id = std::string(python_prefix) + interpreter.path.string();
    found.push_back(python(places, interpreter, std::move(id)));
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
    const std::vector<FoundSubject> these = named(name, places, catalogue);
    if (these.empty())
      return SubjectError{
          fmt::format("there is no subject '{}'; there are {} (see normdiff subjects)", name,
                      catalogue.list())};
    for (const FoundSubject& subject : these) {
      if (!subject.problem.empty())
        return SubjectError{fmt::format("{} can't be used: {}", subject.id, subject.problem)};
      const bool twice =
          std::any_of(subjects.begin(), subjects.end(), [&](const FoundSubject& other) {
            return other.id == subject.id ||
                   (other.family == subject.family && subject.family != "textbook" &&
                    other.path == subject.path);
          });
      if (!twice) subjects.push_back(subject);
    }
  }
  return subjects;
}

std::vector<FoundSubject> default_subjects(const SubjectPlaces& places,
                                           const std::vector<std::string>& families) {
  std::vector<FoundSubject> subjects;
  for (const std::string& family : families) {
    if (family == "textbook") {
      subjects.push_back(find_textbook(places, false).front());
      continue;
    }
    std::vector<FoundSubject> found =
        family == "libtorch" ? find_libtorch(places) : find_python(places);
    const auto bad = std::find_if(found.begin(), found.end(), [](const FoundSubject& subject) {
      return !subject.problem.empty();
    });
    if (bad != found.end()) {
      subjects.push_back(*bad);
    } else if (!found.empty()) {
      subjects.push_back(found.front());
    } else {
      FoundSubject& none = subjects.emplace_back();
      none.id = none.family = family;
      none.problem = fmt::format(
          "none was found; normdiff subjects --help says where it is looked for; give --without {} "
          "to run without it",
          family);
    }
  }
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
