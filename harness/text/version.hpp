#pragma once

#include <array>
#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace normdiff {

/// A version as it is compared: "2.13" is "2.13.0".
struct Version {
  std::array<int, 3> numbers{};
  auto operator<=>(const Version&) const = default;
};

/// "2.13.0", "2.13" or "2" and nothing else; nullopt: not a version.
[[nodiscard]] std::optional<Version> parse_version(std::string_view text);

/// "2.13.0"
[[nodiscard]] std::string text_of(const Version& version);

/// "1.13.0a0" (Debian's name for 1.13.1) is 1.13.1; "2.13.0+cpu" is 2.13.0.
[[nodiscard]] std::string normalise_version(std::string_view version);

/// "2.13.0" in ">=1.13,<1.14 || >=2.13,<2.14"; an empty range holds every version.
[[nodiscard]] bool in_range(std::string_view version, std::string_view range);
/// The text is a range that can be read.
[[nodiscard]] bool is_version_range(std::string_view range);
/// The ranges between "||", each of which is enough by itself. There is at least one.
[[nodiscard]] std::vector<std::string_view> version_alternatives(std::string_view range);

}  // namespace normdiff
