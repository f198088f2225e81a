#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <type_traits>

#include "reference/ops/batch_norm.hpp"
#include "simulated.hpp"

/// What the tests of a batch norm's bounds share.
namespace normdiff::reference {

/// The largest error/bound of each quantity over a run of trials.
struct Worst {
  double y = 0, running_mean = 0, running_var = 0, dx = 0, dw = 0, db = 0;
};

inline void expect_inside(const Comparison& c, double& worst, const std::string& what) {
  ASSERT_EQ(c.outside, 0) << what << ": element " << c.worst_index << " is " << c.worst_observed
                          << ", expected " << c.worst_expected << " +- " << c.worst_bound;
  worst = std::max(worst, c.worst_ratio);
}

template <class T>
constexpr DType dtype = std::is_same_v<T, float> ? DType::float32 : DType::float64;

/// n values in one channel, as (N, 1, L).
inline Shape shape_of(std::size_t n) {
  const auto size = static_cast<std::int64_t>(n);
  return size % 4 == 0 ? Shape{4, 1, size / 4} : Shape{size, 1};
}

/// `measured`: the largest error/bound when this was written. A bound half as wide again shows.
inline void expect_tight(const Worst& largest, const Worst& measured) {
  const auto expect = [](const char* what, double ratio, double then) {
    EXPECT_GE(ratio, 0.7 * then) << what;
    EXPECT_LE(ratio, 1) << what;
  };
  expect("y", largest.y, measured.y);
  expect("running mean", largest.running_mean, measured.running_mean);
  expect("running variance", largest.running_var, measured.running_var);
  expect("dx", largest.dx, measured.dx);
  expect("dw", largest.dw, measured.dw);
  expect("db", largest.db, measured.db);
}

}  // namespace normdiff::reference
