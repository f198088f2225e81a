#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace normdiff {

/// "60s", "10m", "8h", "1.5m", "250ms". nullopt: it isn't one, or is not above 0.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// The sentence about a bad one.
[[nodiscard]] std::string bad_duration(std::string_view option, std::string_view text);

}  // namespace normdiff
