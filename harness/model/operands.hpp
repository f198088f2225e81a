#pragma once

#include "harness/language/scenario.hpp"
#include "harness/model/world.hpp"

namespace normdiff {

/// The standing of what a step works on. A trace may come from anywhere, and say anything.
enum class Operands : std::uint8_t {
  usable,
  dead,    ///< one was never made: only `unsupported` is an answer
  unseen,  ///< one is there, and was not seen as it must be: nothing can be derived from it
  /// A module lacks the tensor that the step works on, as where its replacement was not made: the
  /// step may be declined, and nothing can be derived from another answer.
  lacking,
};

[[nodiscard]] Operands operands_of(const World& world, const Step& step);

/// The layer of the module that a step works on; null: it works on none that is live.
[[nodiscard]] const reference::Layer* layer_of(const World& world, const Step& step);

}  // namespace normdiff
