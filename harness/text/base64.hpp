#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// RFC 4648, with padding.
namespace normdiff {

/// Length of what base64() makes of `bytes` bytes.
[[nodiscard]] constexpr std::size_t base64_length(std::size_t bytes) {
  return (bytes + 2) / 3 * 4;
}

[[nodiscard]] std::string base64(const void* data, std::size_t bytes);

/// Writes the `bytes` bytes that `text` stands for to `out`. False where the text is anything else,
/// spaces included, or of another length; `out` may then be written to in part.
[[nodiscard]] bool decode_base64(std::string_view text, std::byte* out, std::size_t bytes);

}  // namespace normdiff
