#pragma once

#include <cstdint>

#include "harness/language/scenario.hpp"
#include "harness/text/enums.hpp"

namespace normdiff {

/// What a campaign dwells on.
enum class Profile : std::uint8_t {
  modes,     ///< flags, options, copies, state; values exact wherever they can be
  numerics,  ///< forward and backward on sharp and awkward data, layouts, dtypes
  exports,   ///< trace, script, save and load, ONNX export; spelled "export"
  bench,     ///< the fixed mix that `normdiff bench` times
};
template <>
inline constexpr Names<Profile> reference::names_of<Profile> = {"modes", "numerics", "export",
                                                                "bench"};

/// The scenario number `index` of the campaign `seed`. Always valid; the same on every machine.
/// Only applicable steps are drawn, a small share of them wrong on purpose (bad
/// rank, one value per channel, a second backward, ...). `out` is overwritten, its memory reused.
void generate(Profile profile, std::uint64_t seed, std::uint64_t index, Scenario& out);

}  // namespace normdiff
