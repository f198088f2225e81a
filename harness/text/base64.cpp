#include "harness/text/base64.hpp"

#include <array>
#include <cstdint>

namespace normdiff {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::uint8_t bad = 64;

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  for (std::uint8_t& value : values) value = bad;
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return values;
}
constexpr std::array<std::uint8_t, 256> values = make_values();

}  // namespace

std::string base64(const void* data, std::size_t bytes) {
  const auto* in = static_cast<const unsigned char*>(data);
  std::string out;
  out.reserve(base64_length(bytes));
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

bool decode_base64(std::string_view text, std::byte* out, std::size_t bytes) {
  if (text.size() != base64_length(bytes)) return false;
  const auto value = [&](std::size_t i) { return values[static_cast<unsigned char>(text[i])]; };
  std::size_t at = 0;
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const std::size_t whole = bytes - at < 3 ? bytes - at : 3;
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      if (k > whole) {
        if (text[i + k] != '=') return false;
        group <<= 6;
        continue;
      }
      if (value(i + k) == bad) return false;
      group = (group << 6) | value(i + k);
    }
    // The bits that the padding leaves over must be zero: one text for each value.
    if (whole < 3 && (group & ((1U << (8 * (3 - whole))) - 1)) != 0) return false;
    for (std::size_t k = 0; k < whole; ++k)
      out[at++] = static_cast<std::byte>((group >> (16 - 8 * k)) & 0xFF);
  }
  return true;
}

}  // namespace normdiff
