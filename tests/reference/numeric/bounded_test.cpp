#include "reference/numeric/bounded.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace normdiff::reference {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

Comparison one(double value, double bound, double observed, std::vector<double> trivial = {}) {
  return compare({{1}, {value}, {bound}, std::move(trivial)}, &observed, DType::float64);
}

TEST(Compare, same_bits_are_equal) {
  EXPECT_EQ(one(2, 0, 2).equal, 1);
  EXPECT_EQ(one(nan, 0, -nan).equal, 1);
  EXPECT_EQ(one(infinity, 0, infinity).equal, 1);
}

TEST(Compare, equality_is_that_of_the_value_rounded_to_the_observed_dtype) {
  const float third = 1.F / 3;
  EXPECT_EQ(compare({{1}, {1.0 / 3}, {0}, {}}, &third, DType::float32).equal, 1);
}

TEST(Compare, within_means_up_to_the_bound) {
  EXPECT_EQ(one(2, 0.5, 2.5).within, 1);
  EXPECT_EQ(one(2, 0.5, 1.5).within, 1);
  EXPECT_EQ(one(2, 0.5, std::nextafter(2.5, 3)).outside, 1);
  EXPECT_EQ(one(2, 0, std::nextafter(2, 3)).outside, 1);
}

TEST(Compare, a_bound_that_reaches_the_trivial_answer_is_loose) {
  EXPECT_EQ(one(2, 2, 2.5).loose, 1);  // 0, where none is given
  EXPECT_EQ(one(2, 0.5, 2.25, {2.5}).loose, 1);
  EXPECT_EQ(one(2, 0.5, 2.25, {2.75}).within, 1);
}

TEST(Compare, a_bound_of_nan_compares_the_class) {
  EXPECT_EQ(one(1, nan, 1e9).ill_conditioned, 1);
  EXPECT_EQ(one(1, nan, infinity).outside, 1);
  EXPECT_EQ(one(1, nan, nan).outside, 1);
  EXPECT_EQ(one(nan, nan, nan).poisoned, 1);
  EXPECT_EQ(one(nan, nan, infinity).outside, 1);
  EXPECT_EQ(one(nan, nan, 0).outside, 1);
  EXPECT_EQ(one(infinity, nan, -infinity).poisoned, 1);
  EXPECT_EQ(one(infinity, nan, 1).outside, 1);
}

TEST(Compare, an_infinite_bound_beside_nan_takes_any_value_that_is_not_finite) {
  EXPECT_EQ(one(nan, infinity, nan).poisoned, 1);
  EXPECT_EQ(one(nan, infinity, -infinity).poisoned, 1);
  EXPECT_EQ(one(nan, infinity, 1).outside, 1);
}

TEST(Compare, a_negative_bound_takes_anything) {
  for (double seen : {0.0, nan, infinity}) EXPECT_EQ(one(3, -1, seen).ill_conditioned, 1);
}

TEST(Compare, a_finite_expectation_takes_neither_nan_nor_infinity) {
  EXPECT_EQ(one(1, 0.5, nan).outside, 1);
  EXPECT_EQ(one(1, 0.5, infinity).outside, 1);
  EXPECT_EQ(one(infinity, 0, -infinity).outside, 1);
  EXPECT_EQ(one(infinity, 0, 1).outside, 1);
}

TEST(Compare, a_weak_bound_proves_little_and_can_be_left) {
  const Bounded weak{{4}, {1, 1, 1, 1}, {2, 2, 2, 2}, {1, 1, 1, 1}, {true, true, true, false}};
  const double seen[] = {1, 2.5, 3.5, 1};
  const Comparison c = compare(weak, seen, DType::float64);
  EXPECT_EQ(c.ill_conditioned, 2);
  EXPECT_EQ(c.outside, 1);
  EXPECT_EQ(c.equal, 1);
}

TEST(Compare, the_worst_element_is_the_one_furthest_out) {
  const Bounded expected{{4}, {1, 1, 1, 1}, {1, 1, 0.5, 0.5}, {}};
  std::vector<double> seen = {1.5, 1.75, 1.5, 1.25};
  Comparison c = compare(expected, seen.data(), DType::float64);
  EXPECT_EQ(c.worst_index, 2);
  EXPECT_EQ(c.worst_ratio, 1);
  seen[0] = 2.5;
  c = compare(expected, seen.data(), DType::float64);
  EXPECT_EQ(c.outside, 1);
  EXPECT_EQ(c.worst_index, 0);
  EXPECT_EQ(c.worst_ratio, 1.5);
  EXPECT_EQ(c.worst_expected, 1);
  EXPECT_EQ(c.worst_observed, 2.5);
  EXPECT_EQ(c.worst_bound, 1);
  seen[3] = nan;  // a wrong class beats any distance
  EXPECT_EQ(compare(expected, seen.data(), DType::float64).worst_index, 3);
}

TEST(Compare, every_element_is_counted_once) {
  const Bounded expected{{5}, {1, 1, 1, 1, nan}, {1, 0.5, nan, 0, nan}, {}};
  const double seen[] = {1.5, 1.25, 7, 2, nan};
  EXPECT_EQ(compare(expected, seen, DType::float64).elements(), 5);
  EXPECT_EQ(compare({}, nullptr, DType::float32).elements(), 0);
}

}  // namespace
}  // namespace normdiff::reference
