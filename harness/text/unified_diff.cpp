#include "harness/text/unified_diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace normdiff {
namespace {

constexpr std::size_t context = 3;

/// A line of the patch: its mark, ' ', '-' or '+', and its text.
struct Line {
  char mark;
  std::string_view text;
};

/// The lines of a text with their ends.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

/// Both texts as one list of lines, those that differ next to each other: removed ones first.
std::vector<Line> aligned(const std::vector<std::string_view>& before,
                          const std::vector<std::string_view>& after) {
  const std::size_t shorter = std::min(before.size(), after.size());
  std::size_t head = 0;
  while (head < shorter && before[head] == after[head]) ++head;
  std::size_t tail = 0;
  while (tail < shorter - head &&
         before[before.size() - 1 - tail] == after[after.size() - 1 - tail])
    ++tail;
  const bool in_place = before.size() == after.size();
  std::vector<Line> lines;
  const auto add = [&lines](char mark, const std::vector<std::string_view>& from, std::size_t begin,
                            std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) lines.push_back({mark, from[i]});
  };
  add(' ', before, 0, head);
  const std::size_t end = before.size() - tail;
  for (std::size_t i = head; i < end && in_place;) {
    std::size_t changed = i;
    while (changed < end && before[changed] != after[changed]) ++changed;
    add('-', before, i, changed);
    add('+', after, i, changed);
    i = changed;
    while (changed < end && before[changed] == after[changed]) ++changed;
    add(' ', before, i, changed);
    i = changed;
  }
  if (!in_place) {
    add('-', before, head, end);
    add('+', after, head, after.size() - tail);
  }
  add(' ', before, end, before.size());
  return lines;
}

/// The first line of a part, counted from 1, and the number of its lines; one without lines begins
/// at the line before it.
std::string place(std::size_t lines_before, std::size_t count) {
  return fmt::format("{},{}", lines_before + (count > 0 ? 1 : 0), count);
}

}  // namespace

std::string unified_diff(std::string_view path, std::string_view before, std::string_view after) {
  if (before == after) return {};
  const std::vector<Line> lines = aligned(lines_of(before), lines_of(after));
  const auto is_change = [](const Line& line) { return line.mark != ' '; };
  std::string patch = fmt::format("--- a/{}\n+++ b/{}\n", path, path);
  std::size_t old_line = 0;  // how many lines of each text come before `at`
  std::size_t new_line = 0;
  const auto step = [&](const Line& line) {
    if (line.mark != '+') ++old_line;
    if (line.mark != '-') ++new_line;
  };
  std::size_t at = 0;
  while (true) {
    const auto first =
        std::find_if(lines.begin() + static_cast<std::ptrdiff_t>(at), lines.end(), is_change);
    if (first == lines.end()) return patch;
    const auto changed = static_cast<std::size_t>(first - lines.begin());
    for (; at + context < changed; ++at) step(lines[at]);
    // A hunk ends where more unchanged lines follow than the contexts of two hunks.
    std::size_t end = changed;
    for (std::size_t i = changed; i < lines.size() && i < end + 2 * context + 1; ++i)
      if (is_change(lines[i])) end = i + 1;
    end = std::min(end + context, lines.size());
    const std::size_t old_begin = old_line;
    const std::size_t new_begin = new_line;
    std::string hunk;
    for (; at < end; ++at) {
      step(lines[at]);
      hunk += lines[at].mark;
      hunk += lines[at].text;
      if (!lines[at].text.ends_with('\n')) hunk += "\n\\ No newline at end of file\n";
    }
    patch += fmt::format("@@ -{} +{} @@\n{}", place(old_begin, old_line - old_begin),
                         place(new_begin, new_line - new_begin), hunk);
  }
}

}  // namespace normdiff
