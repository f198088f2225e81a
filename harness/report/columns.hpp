#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// Text in columns on a screen.
namespace normdiff {

/// How many columns a text takes (code points).
[[nodiscard]] std::size_t width_of(std::string_view text);
/// Filled up with spaces.
[[nodiscard]] std::string padded(std::string_view text, std::size_t width);
/// Lines of at most `width` columns, broken at spaces; a longer word has a line of its own.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t width);
/// The lines of `text` with `indent` spaces before the second and later ones.
[[nodiscard]] std::string hanging(std::string_view text, std::size_t indent, std::size_t width);

}  // namespace normdiff
