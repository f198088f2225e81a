#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "harness/report/columns.hpp"

namespace normdiff {

enum class Colour { plain, bold, dim, red, green, yellow };

/// What the output can show: colour and rewritten lines on a terminal only (NO_COLOR is respected),
/// plain lines into a pipe.
struct Terminal {
  bool interactive = false;
  bool colours = false;
  std::size_t width = 120;

  [[nodiscard]] static Terminal of(std::FILE* file);
  [[nodiscard]] std::string paint(std::string_view text, Colour colour) const;
};

/// At most `width` columns, "..." at the end where something is missing.
[[nodiscard]] std::string shorten(std::string_view text, std::size_t width);

}  // namespace normdiff
