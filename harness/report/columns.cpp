#include "harness/report/columns.hpp"

#include <algorithm>

namespace normdiff {

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

namespace {

/// The bytes of the first `columns` characters.
std::size_t bytes_of(std::string_view text, std::size_t columns) {
  std::size_t end = 0;
  while (end < text.size() && (columns > 0 || (text[end] & 0xC0) == 0x80))
    columns -= (text[end++] & 0xC0) != 0x80;
  return end;
}

}  // namespace

std::string padded(std::string_view text, std::size_t width) {
  const std::size_t columns = width_of(text);
  return std::string(text) + std::string(columns < width ? width - columns : 0, ' ');
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines(1);
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (!lines.back().empty() && width_of(lines.back()) + 1 + width_of(word) > width)
      lines.emplace_back();
    if (!lines.back().empty()) lines.back() += ' ';
    lines.back() += word;
  }
  return lines;
}

std::string hanging(std::string_view text, std::size_t indent, std::size_t width) {
  const std::size_t room = width > indent ? width - indent : 1;
  std::string out;
  const auto add = [&](std::string_view line) {
    if (!out.empty()) out += "\n" + std::string(indent, ' ');
    out += line;
  };
  for (const std::string& line : wrapped(text, room)) {
    std::string_view rest = line;
    for (; width_of(rest) > room; rest.remove_prefix(bytes_of(rest, room)))
      add(rest.substr(0, bytes_of(rest, room)));  // one word that is wider than a line
    add(rest);
  }
  return out;
}

}  // namespace normdiff
