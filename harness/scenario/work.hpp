#pragma once

#include "harness/scenario/scope.hpp"

namespace normdiff {

/// The most work of all the steps of a scenario together: some tens of seconds for the reference,
/// and a few gigabytes of outputs.
inline constexpr double max_scenario_work = std::int64_t{1} << 32;

/// What one forward of a fresh tree does: multiplications of its convolutions and linear layers,
/// and 16 for each element that a layer gives, for computing, bounding and keeping it. A forward
/// that is refused ends there. A double, as it may be beyond any integer.
[[nodiscard]] double work_of(const reference::ModuleSpec& tree, const Shape& input);

/// What a step does, in forwards of work_of: a trace runs five, an export two, a backward as much
/// as two. Only for a step without a problem.
[[nodiscard]] double work_of(const Scope& scope, const Step& step);

}  // namespace normdiff
