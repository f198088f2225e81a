#include "harness/text/number.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

namespace normdiff {

void append_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "nan";
    return;
  }
  if (value == 0) {
    out += std::signbit(value) ? "-0.0" : "0";
    return;
  }
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const std::size_t e = text.find('e');
  if (e == std::string_view::npos) {
    out += text;  // "inf" and "-inf" too
    return;
  }
  // "1e-05", "1e+22" are written 1e-5, 1e22.
  out += text.substr(0, e + 1);
  text.remove_prefix(e + 1);
  if (text[0] == '-') out += '-';
  text.remove_prefix(1);
  while (text.size() > 1 && text[0] == '0') text.remove_prefix(1);
  out += text;
}

std::string number_text(double value) {
  std::string out;
  append_number(out, value);
  return out;
}

}  // namespace normdiff
