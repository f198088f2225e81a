#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "harness/language/scenario.hpp"

namespace normdiff {

/// The plan is what a subject in another process is given: the typed steps with every tensor as
/// bits, so that it parses nothing and draws nothing. The format is in plan.cpp and
/// subjects/python/worker.py.
[[nodiscard]] nlohmann::json plan(const Scenario& scenario);

/// The shape of an output is not known before it is run, so a backward that starts from a rule
/// starts from a cycle: element i of the gradient, in row-major order, is cycle[i % 4096], made in
/// the output's dtype. A list has an element for each that the documentation has; where a subject
/// gives more, the list is the cycle. The same for every subject and the checker.
inline constexpr std::int64_t gradient_cycle_length = 4096;
/// The first `n` elements of it, without making the others. `out` holds n elements of `dtype`.
void make_gradient(const Backward& step, std::int64_t n, DType dtype, void* out);

}  // namespace normdiff
