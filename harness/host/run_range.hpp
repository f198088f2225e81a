#pragma once

#include <cstdint>
#include <functional>

#include "harness/check/check.hpp"
#include "harness/findings/finding.hpp"
#include "harness/generate/seed_range.hpp"
#include "harness/subject/subject.hpp"

namespace normdiff {

/// The hot path: generate, run, check, count; nothing is serialised but findings. `at` is called
/// with each scenario's number before it is run, and again before it is judged: a number that is
/// not followed by another is the one that took the process down. Stops early, after a whole
/// scenario, when `stop` says so.
[[nodiscard]] RangeResult run_range(const SeedRange& range, const Subject& subject,
                                    Checker& checker, const std::function<void(std::uint64_t)>& at,
                                    const std::function<bool()>& stop = {});

}  // namespace normdiff
