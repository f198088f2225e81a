#include "harness/cli/options.hpp"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <system_error>

namespace normdiff {

OptionCheck not_empty() {
  return [](const std::string& text) {
    return text.empty() ? std::string("an empty text; give a value, or leave the option out")
                        : std::string();
  };
}

OptionCheck whole_number(std::uint64_t least, std::uint64_t most) {
  return [least, most](const std::string& text) {
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, failed] = std::from_chars(text.data(), end, value);
    const bool plain = text.size() == 1 || text.substr(0, 1) != "0";
    if (plain && failed == std::errc() && stopped == end && value >= least && value <= most)
      return std::string();
    const bool any = most == std::numeric_limits<std::uint64_t>::max();
    return fmt::format("'{}' is no whole number {}", text,
                       any ? fmt::format("from {} to 2^64 - 1", least)
                           : fmt::format("from {} to {}", least, most));
  };
}

}  // namespace normdiff
