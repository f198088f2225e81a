#pragma once

#include "reference/numeric/bounded.hpp"
#include "reference/numeric/profile.hpp"

// Sums and means over the samples of a batch, of what was computed for each sample and channel:
// N * C elements become C.
namespace normdiff::reference {

/// The elements of a tensor `times` times, one after another.
[[nodiscard]] Tensor repeated(const Tensor& tensor, std::int64_t times);

/// The sum over the samples, in any order. Overwrites `out`.
void sum_over_samples(const Bounded& each, std::int64_t channels, const Profile& profile,
                      Bounded& out);

/// The mean over the samples of running' = keep * running + rest, where `each` holds the sum and,
/// as its trivial answer, `running`: whether the samples are averaged, in any order, or the `rest`s
/// are, before one update. There is at least one sample. Overwrites `out`.
void mean_over_samples(const Bounded& each, std::int64_t channels, double keep,
                       const Profile& profile, Bounded& out);

}  // namespace normdiff::reference
