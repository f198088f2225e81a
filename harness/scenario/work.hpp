#pragma once

#include <cstdint>
#include <optional>

#include "harness/scenario/scope.hpp"

namespace normdiff {

/// The most work of all the steps of a scenario together, looking included: some tens of seconds
/// for the reference, and a few gigabytes of outputs.
inline constexpr double max_scenario_work = std::int64_t{1} << 32;

/// Doubles, as they may be beyond any integer.
struct Work {
  double forward = 0;
  double backward = 0;
};

/// The work of one forward of a fresh tree and its backward: multiplications of its convolutions
/// and linear layers, and 16 for each element that a layer gives or takes, for computing, bounding
/// and keeping it. Ends where a convolution or linear layer would refuse; what others refuse costs
/// too much here.
[[nodiscard]] Work work_of(const reference::ModuleSpec& tree, const Shape& input);

/// The shape that one forward of a fresh tree gives; nullopt where a convolution or linear layer
/// refuses the sizes.
[[nodiscard]] std::optional<Shape> output_shape(const reference::ModuleSpec& tree,
                                                const Shape& input);

/// After each step every place of every tree is looked at, and every element that there is.
[[nodiscard]] inline double looking(const Scope& scope) {
  return 1024.0 * scope.total_places() + static_cast<double>(scope.total_elements()) / 4;
}

/// The work of a step: a trace runs five forwards, an export two. Only for a step without a
/// problem.
[[nodiscard]] double work_of(const Scenario& scenario, const Scope& scope, const Step& step);

}  // namespace normdiff
