#include "harness/text/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <system_error>

namespace normdiff {
namespace {

struct Clause {
  std::string_view comparison;
  Version version;
};

/// All of these at once.
using Clauses = std::vector<Clause>;

std::optional<Clauses> parse_clauses(std::string_view text) {
  Clauses clauses;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string_view clause = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    bool known = false;
    for (std::string_view comparison : {">=", "<=", "==", "<", ">"}) {
      if (clause.substr(0, comparison.size()) != comparison) continue;
      const auto version = parse_version(clause.substr(comparison.size()));
      if (!version) return std::nullopt;
      clauses.push_back({comparison, *version});
      known = true;
      break;
    }
    if (!known) return std::nullopt;
  }
  return clauses;
}

constexpr std::string_view either = " || ";

/// nullopt: not a range.
std::optional<std::vector<Clauses>> parse_range(std::string_view range) {
  std::vector<Clauses> all;
  for (const std::string_view alternative : version_alternatives(range)) {
    const auto clauses = parse_clauses(alternative);
    // Nothing at all is every version; nothing beside something is a slip.
    if (!clauses || (clauses->empty() && !range.empty())) return std::nullopt;
    all.push_back(*clauses);
  }
  return all;
}

bool fits(const Version& v, const Clauses& clauses) {
  return std::all_of(clauses.begin(), clauses.end(), [&v](const Clause& c) {
    if (c.comparison == ">=") return v >= c.version;
    if (c.comparison == "<=") return v <= c.version;
    if (c.comparison == "==") return v == c.version;
    if (c.comparison == "<") return v < c.version;
    return v > c.version;
  });
}

}  // namespace

std::optional<Version> parse_version(std::string_view text) {
  std::array<int, 3> numbers{};
  std::size_t at = 0;
  for (std::size_t part = 0; part < numbers.size(); ++part) {
    const char* begin = text.data() + at;
    const auto [end, error] = std::from_chars(begin, text.data() + text.size(), numbers[part]);
    if (error != std::errc()) return std::nullopt;
    at = static_cast<std::size_t>(end - text.data());
    if (at == text.size()) return Version{numbers};
    if (text[at] != '.') return std::nullopt;
    ++at;
  }
  return std::nullopt;
}

std::string text_of(const Version& version) {
  const auto& [major, minor, patch] = version.numbers;
  return fmt::format("{}.{}.{}", major, minor, patch);
}

std::string normalise_version(std::string_view version) {
  if (version.substr(0, 8) == "1.13.0a0") return "1.13.1";  // how Debian's package calls itself
  std::size_t end = 0;
  while (end < version.size() &&
         ((version[end] >= '0' && version[end] <= '9') || version[end] == '.'))
    ++end;
  while (end > 0 && version[end - 1] == '.') --end;  // of "2.15.0.dev20260101"
  return std::string(version.substr(0, end));
}

bool in_range(std::string_view version, std::string_view range) {
  if (range.empty()) return true;
  const auto v = parse_version(version);
  const auto all = parse_range(range);
  return v && all && std::any_of(all->begin(), all->end(), [&v](const Clauses& clauses) {
           return fits(*v, clauses);
         });
}

bool is_version_range(std::string_view range) {
  return parse_range(range).has_value();
}

std::vector<std::string_view> version_alternatives(std::string_view range) {
  std::vector<std::string_view> all;
  for (std::size_t at = 0; (at = range.find(either)) != std::string_view::npos;) {
    all.push_back(range.substr(0, at));
    range.remove_prefix(at + either.size());
  }
  all.push_back(range);
  return all;
}

}  // namespace normdiff
