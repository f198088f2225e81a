#pragma once

#include "reference/ops/batch_norm_channel.hpp"
#include "reference/ops/batch_norm_walk.hpp"

namespace normdiff::reference::detail {

/// Counts the outputs of one channel whose bound says little and that are further off than those of
/// a stable algorithm in the same dtype: sums without loss, mean and variance rounded once, (x -
/// mean) * invstd * weight + bias. Its own largest error, which is computed, and the rounding of
/// the output, times 8, are granted. Nothing is counted where its errors are not finite, or the
/// channel's statistics are not proven. x: exact. `observed`: dense elements of `dtype`.
template <class A>
void count_lost(const Channel<A>& channel, const RunConstants& constants, const Values& x,
                const void* observed, DType dtype, std::int64_t start, const Runs& runs,
                Comparison& result);

}  // namespace normdiff::reference::detail
