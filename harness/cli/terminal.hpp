#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "harness/report/columns.hpp"

namespace normdiff {

enum class Colour { plain, bold, dim, red, green, yellow };

/// The output's abilities: colour and rewritten lines on a terminal only (NO_COLOR is respected),
/// plain lines of 80 columns into a pipe.
struct Terminal {
  bool interactive = false;
  bool colours = false;
  std::size_t width = 80;

  [[nodiscard]] static Terminal of(std::FILE* file);
  [[nodiscard]] std::string paint(std::string_view text, Colour colour) const;
};

/// At most `width` columns, of 3 or more: a longer text loses its middle, where "..." stands for
/// it.
[[nodiscard]] std::string shorten(std::string_view text, std::size_t width);

}  // namespace normdiff
