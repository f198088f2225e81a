#pragma once

#include "harness/scenario/scope.hpp"

namespace normdiff {

/// The scenario runs and is checked in well under a second, whatever it does.
[[nodiscard]] bool affordable(const Scenario& scenario, const Scope& scope);

}  // namespace normdiff
