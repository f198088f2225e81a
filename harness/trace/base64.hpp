#pragma once

#include <cstddef>
#include <string_view>

namespace normdiff {

/// Length of what base64() (harness/scenario/base64.hpp) makes of `bytes` bytes.
[[nodiscard]] constexpr std::size_t base64_length(std::size_t bytes) {
  return (bytes + 2) / 3 * 4;
}

/// Writes the `bytes` bytes that `text` stands for to `out`: RFC 4648 with padding, no spaces.
/// False where the text is anything else or of another length; `out` may then be written to in
/// part.
[[nodiscard]] bool decode_base64(std::string_view text, std::byte* out, std::size_t bytes);

}  // namespace normdiff
