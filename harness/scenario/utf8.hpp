#pragma once

#include <cstddef>
#include <string_view>

namespace normdiff {

/// Offset of the first byte that begins no well-formed UTF-8 character, or npos.
[[nodiscard]] std::size_t not_utf8(std::string_view text);

}  // namespace normdiff
