#pragma once

#include <array>
#include <compare>
#include <limits>
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

/// All versions from one on, up to another one that is left out.
struct VersionSpan {
  Version from{};
  Version to = no_end;
  /// More than every version.
  static constexpr Version no_end{{std::numeric_limits<int>::max(), std::numeric_limits<int>::max(),
                                   std::numeric_limits<int>::max()}};
  auto operator<=>(const VersionSpan&) const = default;
};
/// The next version: 2.13.1 after 2.13.0.
[[nodiscard]] Version next_after(const Version& version);
/// The release that a version belongs to: from 2.13.0 up to 2.14.0 for 2.13.1.
[[nodiscard]] VersionSpan release_of(const Version& version);

/// "2.13.0" in ">=1.13,<1.14 || >=2.13,<2.14"; an empty range holds every version.
[[nodiscard]] bool in_range(std::string_view version, std::string_view range);
/// The text is a range that can be read.
[[nodiscard]] bool is_version_range(std::string_view range);
/// The ranges between "||", each of which is enough by itself. There is at least one.
[[nodiscard]] std::vector<std::string_view> version_alternatives(std::string_view range);
/// The range with `span` added: ">=1.13,<2.14" and 2.14.0 up to 2.15.0 is ">=1.13,<2.15". `range`
/// can be read.
[[nodiscard]] std::string range_with(std::string_view range, const VersionSpan& span);
/// The range with `span` taken away; nullopt: nothing is left. `range` can be read.
[[nodiscard]] std::optional<std::string> range_without(std::string_view range,
                                                       const VersionSpan& span);

}  // namespace normdiff
