#include "harness/scenario/base64.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace normdiff {

std::string base64(const void* data, std::size_t bytes) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto* in = static_cast<const unsigned char*>(data);
  std::string out;
  out.reserve((bytes + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes; i += 3) {
    const std::size_t left = bytes - i;
    std::uint32_t group = std::uint32_t{in[i]} << 16;
    if (left > 1) group |= std::uint32_t{in[i + 1]} << 8;
    if (left > 2) group |= in[i + 2];
    out += alphabet[group >> 18];
    out += alphabet[(group >> 12) & 63];
    out += left > 1 ? alphabet[(group >> 6) & 63] : '=';
    out += left > 2 ? alphabet[group & 63] : '=';
  }
  return out;
}

}  // namespace normdiff
