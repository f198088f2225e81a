#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace normdiff {

/// Offset of the first byte that begins no well-formed UTF-8 character, or npos.
[[nodiscard]] std::size_t not_utf8(std::string_view text);

/// Text from elsewhere as a terminal may show it: of control characters and those that turn the
/// direction of writing only newlines and tabs are left; the others, and what is no UTF-8, are
/// written out, like \x1b and \u202e.
[[nodiscard]] std::string printable(std::string_view text);
/// The same on one line: newlines and tabs are written out, too, as \\n and \\t.
[[nodiscard]] std::string on_one_line(std::string_view text);

}  // namespace normdiff
