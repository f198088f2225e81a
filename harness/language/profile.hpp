#pragma once

#include <cstdint>

#include "harness/text/enums.hpp"

namespace normdiff {

/// The part of the language that a campaign dwells on.
enum class Profile : std::uint8_t {
  modes,     ///< flags, options, copies, state; values exact wherever they can be
  numerics,  ///< forward and backward on sharp and awkward data, layouts, dtypes
  exports,   ///< trace, script, save and load, ONNX export; spelled "export"
  bench,     ///< the fixed mix that `normdiff bench` times
  dynamo,    ///< ONNX export by the newer exporter, which takes a second a call
};
template <>
inline constexpr Names<Profile> reference::names_of<Profile> = {"modes", "numerics", "export",
                                                                "bench", "dynamo"};

}  // namespace normdiff
