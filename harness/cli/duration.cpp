#include "harness/cli/duration.hpp"

#include <fmt/format.h>

#include <charconv>
#include <system_error>

namespace normdiff {

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  constexpr double longest_ms = 1e12;  // thirty years
  double value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  const double scale = unit == "ms"  ? 1
                       : unit == "s" ? 1e3
                       : unit == "m" ? 60e3
                       : unit == "h" ? 3600e3
                                     : 0;
  const double ms = value * scale;
  if (failed != std::errc() || !(ms >= 1) || ms > longest_ms) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(ms));
}

std::string bad_duration(std::string_view option, std::string_view text) {
  return fmt::format("{} {} is no duration; write a number and its unit, like 60s, 10m or 8h",
                     option, text);
}

}  // namespace normdiff
