#include "harness/text/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <system_error>

namespace normdiff {
namespace {

constexpr std::string_view either = " || ";
using Spans = std::vector<VersionSpan>;

/// The versions that all clauses of ">=1.13,<1.14" take; nullopt: one can't be read.
std::optional<VersionSpan> parse_clauses(std::string_view text) {
  VersionSpan span;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view clause = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    const std::string_view comparison =
        clause.substr(0, std::min(clause.find_first_not_of("<>="), clause.size()));
    const auto version = parse_version(clause.substr(comparison.size()));
    if (!version) return std::nullopt;
    if (comparison == ">=" || comparison == "==")
      span.from = std::max(span.from, *version);
    else if (comparison == ">")
      span.from = std::max(span.from, next_after(*version));
    else if (comparison != "<" && comparison != "<=")
      return std::nullopt;
    if (comparison == "<") span.to = std::min(span.to, *version);
    if (comparison == "<=" || comparison == "==") span.to = std::min(span.to, next_after(*version));
  }
  return span;
}

/// nullopt: not a range.
std::optional<Spans> parse_range(std::string_view range) {
  Spans all;
  for (const std::string_view alternative : version_alternatives(range)) {
    const auto span = parse_clauses(alternative);
    // Nothing at all is every version; nothing beside something is a slip.
    if (!span || (alternative.empty() && !range.empty())) return std::nullopt;
    all.push_back(*span);
  }
  return all;
}

std::string short_text(const Version& version) {
  std::string text = text_of(version);
  if (version.numbers[2] == 0) text.resize(text.rfind('.'));
  return text;
}

/// The range of these spans, those that touch made one.
std::string range_of(Spans spans) {
  std::sort(spans.begin(), spans.end());
  Spans merged;
  for (const VersionSpan& span : spans)
    if (!merged.empty() && span.from <= merged.back().to)
      merged.back().to = std::max(merged.back().to, span.to);
    else
      merged.push_back(span);
  std::string range;
  for (const auto& [from, to] : merged) {
    if (!range.empty()) range += either;
    if (from != Version{})
      range += ">=" + short_text(from) + (to == VersionSpan::no_end ? "" : ",");
    if (to != VersionSpan::no_end) range += "<" + short_text(to);
  }
  return range;
}

}  // namespace

Version next_after(const Version& version) {
  Version next = version;
  for (std::size_t part = next.numbers.size(); part-- > 0; next.numbers[part] = 0)
    if (next.numbers[part] < std::numeric_limits<int>::max()) {
      ++next.numbers[part];
      return next;
    }
  return VersionSpan::no_end;
}

VersionSpan release_of(const Version& version) {
  const auto& [major, minor, patch] = version.numbers;
  const Version last{{major, minor, std::numeric_limits<int>::max()}};
  return {{{major, minor, 0}}, next_after(last)};
}

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
  return v && all && std::any_of(all->begin(), all->end(), [&v](const VersionSpan& span) {
           return span.from <= *v && *v < span.to;
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

std::string range_with(std::string_view range, const VersionSpan& span) {
  Spans spans = parse_range(range).value_or(Spans());
  spans.push_back(span);
  return range_of(std::move(spans));
}

std::optional<std::string> range_without(std::string_view range, const VersionSpan& span) {
  Spans left;
  for (const auto& [from, to] : parse_range(range).value_or(Spans()))
    for (const VersionSpan& part :
         {VersionSpan{from, std::min(to, span.from)}, VersionSpan{std::max(from, span.to), to}})
      if (part.from < part.to) left.push_back(part);
  if (left.empty()) return std::nullopt;
  return range_of(std::move(left));
}

}  // namespace normdiff
