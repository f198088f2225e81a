#include "harness/campaign/subjects.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <system_error>

#include "harness/host/host_link.hpp"
#include "harness/subjects/python/python.hpp"
#include "harness/subjects/textbook/textbook.hpp"
#include "harness/text/nearest.hpp"
#include "harness/text/version.hpp"

namespace normdiff {
namespace {

constexpr std::string_view host_prefix = "normdiff-host-";
constexpr std::string_view python_prefix = "python:";

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
FoundSubject libtorch_host(const SubjectPlaces&, const std::filesystem::path& path) {
  const std::string id = "libtorch:" + path.string();
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

FoundSubject python_at(const SubjectPlaces& places, const std::filesystem::path& path) {
  const Interpreter interpreter = look_at(path);
  return python(places, interpreter, std::string(python_prefix) + interpreter.path.string());
}

std::variant<Subject, SubjectError> make_python(const std::string& interpreter) {
  auto made = make_python_subject(interpreter);
  if (const auto* error = std::get_if<std::string>(&made)) return SubjectError{*error};
  return std::get<Subject>(std::move(made));
}

std::vector<FoundSubject> find_textbooks(const SubjectPlaces& places) {
  std::vector<FoundSubject> found = {textbook(places, "textbook")};
  for (const std::string_view fault : textbook_faults())
    found.push_back(textbook(places, "textbook:" + std::string(fault)));
  return found;
}

std::variant<Subject, SubjectError> make_textbook(const std::string& fault) {
  const std::vector<std::string_view> faults = textbook_faults();
  if (!fault.empty() && std::ranges::find(faults, fault) == faults.end())
    return SubjectError{fmt::format("the textbook has no fault {}; it has one of {}", fault,
                                    fmt::join(faults, ", "))};
  return make_textbook_subject(fault);
}

/// "libtorch:PATH", or "libtorch:PATH@2.13.0" as a report writes it.
struct Named {
  std::filesystem::path path;
  std::string version;  ///< empty: any
};
Named path_in(const std::string& name) {
  const std::string path = name.substr(name.find(':') + 1);
  std::error_code failed;
  const std::size_t at = path.rfind('@');
  if (at != std::string::npos && !std::filesystem::exists(path, failed)) {
    const std::string version = normalise_version(path.substr(at + 1));
    if (parse_version(version))
      return {std::filesystem::absolute(path.substr(0, at), failed), version};
  }
  return {std::filesystem::absolute(path, failed), {}};
}

/// A subject that is named by its path. If a version is named, too, it is asked which it has.
FoundSubject at_path(const SubjectFamily& family, const SubjectPlaces& places,
                     const Named& wanted) {
  FoundSubject subject = family.at(places, wanted.path);
  if (wanted.version.empty() || !subject.problem.empty()) return subject;
  if (subject.version.empty()) {
    HostOptions options;
    options.command = subject.command;
    const auto manifest = HostLink(options).manifest();
    if (const auto* failure = std::get_if<HostFailure>(&manifest))
      subject.problem = failure->text;
    else
      subject.version = std::get<Manifest>(manifest).version;
  }
  if (subject.problem.empty() && subject.version != wanted.version)
    subject.problem = fmt::format("its torch is {}, not {}; leave the version out, or name another",
                                  subject.version, wanted.version);
  return subject;
}

/// Looks for each family once, and only when asked.
class Catalogue {
 public:
  explicit Catalogue(const SubjectPlaces& places) : places_(places) {}

  const std::vector<FoundSubject>& of(const SubjectFamily& family) {
    const auto [kept, is_new] = found_.try_emplace(family.name);
    if (is_new) kept->second = family.find(places_);
    return kept->second;
  }

  /// The subject that was probably meant, or else those that can be used, without the textbook's
  /// faults.
  std::string instead_of(const std::string& name) {
    std::vector<std::string> ids;
    for (const SubjectFamily& family : subject_families())
      for (const FoundSubject& subject : of(family))
        if (subject.problem.empty()) ids.push_back(subject.id);
    std::vector<std::string_view> words = {"libtorch", "python", "textbook", "all"};
    words.insert(words.end(), ids.begin(), ids.end());
    if (const auto near = nearest(name, words); !near.empty())
      return fmt::format("did you mean {}? (see normdiff subjects)", near);
    std::erase_if(ids, [](const std::string& id) { return id.starts_with("textbook:"); });
    return fmt::format("there are {} (see normdiff subjects)", fmt::join(ids, ", "));
  }

 private:
  const SubjectPlaces& places_;
  std::map<std::string_view, std::vector<FoundSubject>> found_;
};

/// Every subject of the families that are tested, and one of each other.
std::vector<FoundSubject> all_subjects(Catalogue& catalogue) {
  std::vector<FoundSubject> all;
  for (const SubjectFamily& family : subject_families()) {
    const std::vector<FoundSubject>& found = catalogue.of(family);
    const std::size_t count =
        family.is_tested ? found.size() : std::min<std::size_t>(1, found.size());
    all.insert(all.end(), found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return all;
}

/// The subjects of one name; none: there is no such.
std::vector<FoundSubject> named(const std::string& name, const SubjectPlaces& places,
                                Catalogue& catalogue) {
  if (name == "all") return all_subjects(catalogue);
  const SubjectFamily* family = subject_family(name.substr(0, name.find_first_of("@:")));
  if (family == nullptr) return {};
  if (family->at != nullptr && name.size() > family->name.size() &&
      name[family->name.size()] == ':')
    return {at_path(*family, places, path_in(name))};
  const std::vector<FoundSubject>& candidates = catalogue.of(*family);
  for (const FoundSubject& subject : candidates)  // of those that are named every one must do
    if (name == family->name && !subject.problem.empty()) return {subject};
  for (const FoundSubject& subject : candidates)
    if (name == family->name || name == subject.id || name == subject.id + "@" + subject.version)
      return {subject};
  return {};
}

}  // namespace

const std::vector<SubjectFamily>& subject_families() {
  static const std::vector<SubjectFamily> families = {
      {"libtorch", true, "install one or name it with CMAKE_PREFIX_PATH, then make build",
       find_libtorch, libtorch_host, nullptr},
      {"python", true, "make setup, or name one that has torch with NORMDIFF_PYTHON", find_python,
       python_at, make_python},
      {"textbook", false, "", find_textbooks, nullptr, make_textbook},
  };
  return families;
}

const SubjectFamily* subject_family(std::string_view name) {
  const std::vector<SubjectFamily>& families = subject_families();
  const auto found = std::ranges::find(families, name, &SubjectFamily::name);
  return found == families.end() ? nullptr : &*found;
}

std::vector<std::string> family_names(bool only_tested) {
  std::vector<std::string> names;
  for (const SubjectFamily& family : subject_families())
    if (family.is_tested || !only_tested) names.emplace_back(family.name);
  return names;
}

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

std::variant<std::vector<FoundSubject>, SubjectError> resolve_subjects(
    const std::vector<std::string>& names, const SubjectPlaces& places) {
  Catalogue catalogue(places);
  std::vector<FoundSubject> subjects;
  for (const std::string& name : names) {
    const std::vector<FoundSubject> these = named(name, places, catalogue);
    if (these.empty())
      return SubjectError{
          fmt::format("there is no subject '{}'; {}", name, catalogue.instead_of(name))};
    for (const FoundSubject& subject : these) {
      if (!subject.problem.empty())
        return SubjectError{fmt::format("{} can't be used: {}", subject.id, subject.problem)};
      const bool twice =
          std::any_of(subjects.begin(), subjects.end(), [&](const FoundSubject& other) {
            return other.id == subject.id ||
                   (other.family == subject.family && other.path == subject.path &&
                    subject_family(subject.family)->at != nullptr);
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
    std::vector<FoundSubject> found = subject_family(family)->find(places);
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
  const std::size_t colon = std::min(name.find(':'), name.size());
  const SubjectFamily* family = subject_family(name.substr(0, colon));
  if (family == nullptr || family->make == nullptr)
    return SubjectError{fmt::format(
        "there is no subject {} to host; there are textbook, textbook:FAULT and python:INTERPRETER",
        name)};
  return family->make(name.substr(std::min(colon + 1, name.size())));
}

}  // namespace normdiff
