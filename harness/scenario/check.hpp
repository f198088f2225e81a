#pragma once

#include "harness/language/scenario.hpp"
#include "harness/scenario/scope.hpp"

namespace normdiff {

/// Why `step` can't come next, and which of its fields is to blame.
[[nodiscard]] std::optional<Problem> check(const Scenario& scenario, const Scope& scope,
                                           const Step& step);

}  // namespace normdiff
