#include "harness/check/error_kinds.hpp"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>

#include "harness/text/embedded.hpp"
#include "harness/text/glob.hpp"
#include "harness/text/version.hpp"
#include "harness/triage/deviations.hpp"

namespace normdiff {

using reference::ErrorKind;

std::variant<ErrorKinds, std::string> ErrorKinds::parse(std::string_view text,
                                                        std::string_view file) {
  toml::table table;
  try {
    table = toml::parse(text, file);
  } catch (const toml::parse_error& e) {
    return fmt::format("{}:{}: {}", file, e.source().begin.line, e.description());
  }
  std::vector<ErrorPattern> patterns;
  const toml::array* list = table["error"].as_array();
  if (!list) return fmt::format("{}: expected [[error]] tables, found none", file);
  for (const toml::node& node : *list) {
    const toml::table* entry = node.as_table();
    const auto text_of = [&](const char* key) {
      return entry ? std::string((*entry)[key].value_or("")) : std::string();
    };
    ErrorPattern pattern;
    const auto kind = named<ErrorKind>(text_of("kind"));
    if (!entry || !kind || text_of("pattern").empty() || text_of("example").empty())
      return fmt::format("{}:{}: an [[error]] needs a known kind, a pattern and an example", file,
                         node.source().begin.line);
    pattern.kind = *kind;
    pattern.versions = text_of("versions");
    pattern.error_class = text_of("class");
    pattern.pattern = text_of("pattern");
    pattern.example = text_of("example");
    if (const toml::array* subjects = (*entry)["subjects"].as_array())
      for (const toml::node& subject : *subjects) pattern.subjects.push_back(subject.value_or(""));
    patterns.push_back(std::move(pattern));
  }
  return ErrorKinds(std::move(patterns));
}

const ErrorKinds& ErrorKinds::built_in() {
  static const ErrorKinds kinds = [] {
    auto parsed = parse(embedded::error_kinds(), "error_kinds.toml");
    if (auto* error = std::get_if<std::string>(&parsed)) throw std::runtime_error(*error);
    return std::get<ErrorKinds>(std::move(parsed));
  }();
  return kinds;
}

std::string_view what_happened(std::string_view text) {
  if (text.find("Traceback of TorchScript") == std::string_view::npos) return text;
  // The error stands behind the last line that begins with a class: "RuntimeError: ...".
  std::string_view found = text;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    const std::size_t colon = line.find(": ");
    const std::string_view name = line.substr(0, std::min(colon, line.size()));
    const auto ends_with = [name](std::string_view tail) {
      return name.size() >= tail.size() && name.substr(name.size() - tail.size()) == tail;
    };
    const bool word = name.find(' ') == std::string_view::npos;
    if (colon != std::string_view::npos && word && (ends_with("Error") || ends_with("Exception")))
      found = text.substr(begin + colon + 2);
    begin = end + 1;
  }
  while (!found.empty() && found.back() == '\n') found.remove_suffix(1);
  return found;
}

ErrorKind ErrorKinds::classify(const Manifest& subject, std::string_view error_class,
                               std::string_view text) const {
  // The textbook words its refusals by kind.
  if (subject.family == "textbook")
    return named<ErrorKind>(error_class).value_or(ErrorKind::unclassified);
  text = what_happened(text);
  for (const ErrorPattern& pattern : patterns_) {
    if (std::find(pattern.subjects.begin(), pattern.subjects.end(), subject.family) ==
        pattern.subjects.end())
      continue;
    if (!in_range(subject.version, pattern.versions)) continue;
    if (!pattern.error_class.empty() && pattern.error_class != error_class) continue;
    if (glob_matches(pattern.pattern, text)) return pattern.kind;
  }
  return ErrorKind::unclassified;
}

}  // namespace normdiff
