#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace normdiff {

/// What a campaign dwells on.
enum class Profile : std::uint8_t {
  modes,     ///< flags, options, copies, state; values exact wherever they can be
  numerics,  ///< forward and backward on sharp and awkward data, layouts, dtypes
  exports,   ///< trace, script, save and load, ONNX export; spelled "export"
  bench,     ///< the fixed mix that `normdiff bench` times
};
inline constexpr int profile_count = 4;

[[nodiscard]] std::string_view to_string(Profile profile);
[[nodiscard]] std::optional<Profile> profile_from(std::string_view name);

}  // namespace normdiff
