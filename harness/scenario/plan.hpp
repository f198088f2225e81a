#pragma once

#include <nlohmann/json_fwd.hpp>

#include "harness/scenario/scenario.hpp"

namespace normdiff {

/// What a subject in another process is given: the typed steps with every tensor as bits, so that
/// it parses nothing and draws nothing. The format is in plan.cpp and subjects/python/worker.py.
[[nodiscard]] nlohmann::json plan(const Scenario& scenario);

}  // namespace normdiff
