#pragma once

#include <string>

#include "harness/check/tally.hpp"

namespace normdiff {

/// "cancellation: 3; an opset: 1; and 2 more": the most frequent of some counted things first, and
/// so many of them.
[[nodiscard]] std::string most_frequent(const Counts& counts, std::size_t most_shown);

/// "3 ill_conditioned, 1 loose": the observations that were compared and of which that says little.
/// `weak` becomes their number.
[[nodiscard]] std::string weak_verdicts(const Tally& tally, std::uint64_t& weak);

/// "25 of 29 observations judged sharply, 3 not at all (an opset: 3), 1 weakly (1 loose)", with the
/// most frequent reason alone, and how many were free beside them.
[[nodiscard]] std::string judged_sentence(const Tally& tally);

}  // namespace normdiff
