#pragma once

#include "harness/language/scenario.hpp"
#include "harness/model/world.hpp"

namespace normdiff {

/// The standing of what a step works on. A trace may come from anywhere, and say anything.
enum class Operands : std::uint8_t {
  usable,
  dead,    ///< one was never made: only `unsupported` is an answer
  unseen,  ///< one is there, and was not seen as it must be: nothing can be derived from it
};

[[nodiscard]] Operands operands_of(const World& world, const Step& step);

}  // namespace normdiff
