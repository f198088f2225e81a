#include "reference/numeric/judge.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace normdiff::reference {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double largest = std::numeric_limits<double>::max();
constexpr double u = 0x1p-53;

/// What is stated of an element, and values that may be there then.
struct Case {
  Expected<double> expected;
  std::vector<double> possible;
};

const std::vector<Case> cases = {
    {{2, 0.5}, {1.5, 2, 2.5}},
    {{-2, 0}, {-2}},
    {expect_finite<double>(3), {3, -1e300, largest, -largest}},
    {{infinity, 0}, {infinity}},
    {{infinity, nan}, {infinity, -infinity}},
    {{-infinity, nan}, {infinity, -infinity}},
    {expect_nan<double>(), {nan}},
    {{nan, 0}, {nan}},
    {expect_not_finite<double>(), {nan, infinity, -infinity}},
    {expect_anything<double>(), {nan, infinity, 0, largest}},
};

TEST(Sum, takes_the_sum_of_any_two_values_that_its_terms_take) {
  for (const Case& a : cases)
    for (const Case& b : cases) {
      const Expected<double> both = sum(a.expected, b.expected, u);
      for (double x : a.possible)
        for (double y : b.possible) {
          Comparison c;
          judge(c, 0, both, x + y, 0);
          EXPECT_EQ(c.outside, 0) << x << " + " << y << ", stated as " << both.value << " +- "
                                  << both.bound;
        }
    }
}

TEST(Sum, says_as_much_as_can_be_said) {
  EXPECT_EQ(sum({1, 0}, {2, 0.25}, u).value, 3);
  EXPECT_NEAR(sum({1, 0}, {2, 0.25}, u).bound, 0.25, 1e-14);
  EXPECT_GT(sum({1, 0}, {2, 0.25}, u).bound, 0.25);
  const auto takes = [](const Expected<double>& expected, double observed) {
    Comparison c;
    judge(c, 0, expected, observed, 0);
    return c.outside == 0;
  };
  EXPECT_FALSE(takes(sum({infinity, nan}, {2, 0.5}, u), 1));
  EXPECT_FALSE(takes(sum({infinity, nan}, {2, 0.5}, u), nan));
  EXPECT_FALSE(takes(sum({infinity, nan}, {infinity, nan}, u), 1));
  EXPECT_FALSE(takes(sum(expect_not_finite<double>(), {2, 0.5}, u), 1));
  EXPECT_FALSE(takes(sum(expect_nan<double>(), expect_not_finite<double>(), u), infinity));
}

}  // namespace
}  // namespace normdiff::reference
