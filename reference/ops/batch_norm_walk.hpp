#pragma once

#include <algorithm>
#include <cmath>

#include "reference/numeric/limits.hpp"
#include "reference/ops/batch_norm_kernels.hpp"

/// Private to batch_norm*.cpp: walking over the elements of a channel one by one, for whatever the
/// kernels do not take, and the bookkeeping of a comparison.
namespace normdiff::reference::detail {

/// The kernels take an input of float32 elements without errors.
inline bool is_plain_float32(const Values& values) {
  return values.dtype == DType::float32 && values.error == nullptr;
}

inline double error_of(const Values& values, std::int64_t i) {
  return values.error == nullptr ? 0 : values.error[i];
}

/// Calls visit(i) with the flat index of each element of a channel whose first is `start`.
template <class Visit>
void each_index(const Runs& runs, std::int64_t start, Visit visit) {
  for (std::int64_t o = 0; o < runs.outer; ++o)
    for (std::int64_t i = start + o * runs.stride, end = i + runs.inner; i < end; ++i) visit(i);
}

/// Counts one element of a comparison: by the quick test of the kernels, else by `judge`.
template <class A>
void count_element(Comparison& c, double& threshold, std::int64_t index,
                   const Expected<A>& expected, double observed, double reach) {
  const auto distance = static_cast<double>(std::fabs(static_cast<A>(observed) - expected.value));
  if (!expected.weak && expected.bound >= 0 && threshold * expected.bound - distance >= 0) {
    ++(expected.bound >= reach ? c.loose : c.within);
    return;
  }
  judge(c, index, expected, observed, reach);
  threshold = std::min(c.worst_ratio, 1.0);
}

}  // namespace normdiff::reference::detail
