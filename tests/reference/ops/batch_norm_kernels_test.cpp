#include "reference/ops/batch_norm_kernels.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/reference/ops/laid_channels.hpp"

// The kernels that sum; those that compare are in batch_norm_kernels_watch_test.cpp.
namespace normdiff::reference::detail {
namespace {

constexpr double u = 0x1p-53;  ///< unit roundoff of double

struct Sums {
  double sum = 0, magnitude = 0, squares = 0;
  BackwardSums<double> backward;
};
Sums fast(const Elements& x, const Elements& g, const Runs& runs, double mean) {
  Sums sums;
  sum_channel(x.data(), runs, sums.sum, sums.magnitude);
  square_channel(x.data(), runs, mean, sums.squares);
  sum_gradients(x.data(), g.data(), runs, mean, sums.backward);
  return sums;
}

struct Walked {
  long double sum = 0, magnitude = 0, squares = 0, g = 0, g1 = 0, d = 0, gd = 0;
};
Walked walk(const Elements& x, const Elements& g, const Runs& runs, double mean) {
  Walked walked;
  each_index(runs, 0, [&](std::int64_t i) {
    const long double v = x.at(i), distance = v - mean, up = g.at(i);
    walked.sum += v;
    walked.magnitude += std::fabs(v);
    walked.squares += distance * distance;
    walked.g += up;
    walked.g1 += std::fabs(up);
    walked.d += up * distance;
    walked.gd += std::fabs(up * distance);
  });
  return walked;
}

TEST(SumKernels, TakeEveryElementOfTheChannelOnceAndNoOther) {
  for (const Laid& laid : layouts()) {
    const Elements x = whole_numbers(laid, 1), g = whole_numbers(laid, 2);
    const Sums sums = fast(x, g, laid.runs, 17);
    const Walked walked = walk(x, g, laid.runs, 17);
    SCOPED_TRACE(testing::Message() << laid.runs.outer << " runs of " << laid.runs.inner);
    EXPECT_EQ(sums.sum, walked.sum);
    EXPECT_EQ(sums.magnitude, walked.magnitude);
    EXPECT_EQ(sums.squares, walked.squares);
    EXPECT_EQ(sums.backward.sum, walked.g);
    EXPECT_EQ(sums.backward.magnitude, walked.g1);
    EXPECT_EQ(sums.backward.dot, walked.d);
    EXPECT_EQ(sums.backward.dot_magnitude, walked.gd);
  }
}

// The textbook bound of a sum in any order, each term of which was rounded at most three times.
TEST(SumKernels, AreWithinTheBoundOfASumInDouble) {
  for (const Laid& laid : layouts()) {
    const Elements x = of_all_sizes(laid, 3), g = of_all_sizes(laid, 4);
    const double mean = 0.3, gamma = 1.01 * static_cast<double>(laid.numel() + 3) * u;
    const Sums sums = fast(x, g, laid.runs, mean);
    const Walked walked = walk(x, g, laid.runs, mean);
    const auto within = [&](double got, long double exact, long double size) {
      return std::fabs(got - exact) <= gamma * size;
    };
    SCOPED_TRACE(testing::Message() << laid.runs.outer << " runs of " << laid.runs.inner);
    EXPECT_TRUE(within(sums.sum, walked.sum, walked.magnitude));
    EXPECT_TRUE(within(sums.magnitude, walked.magnitude, walked.magnitude));
    EXPECT_TRUE(within(sums.squares, walked.squares, walked.squares));
    EXPECT_TRUE(within(sums.backward.sum, walked.g, walked.g1));
    EXPECT_TRUE(within(sums.backward.magnitude, walked.g1, walked.g1));
    EXPECT_TRUE(within(sums.backward.dot, walked.d, walked.gd));
    EXPECT_TRUE(within(sums.backward.dot_magnitude, walked.gd, walked.gd));
  }
}

TEST(SumKernels, GiveTheSameBitsWhereverTheChannelLies) {
  for (const std::int64_t inner : {5, 16, 39, 113}) {
    std::vector<Sums> all;
    for (const std::int64_t gap : {0, 1, 7})
      for (const std::int64_t offset : {0, 1, 2, 3}) {
        const Laid laid{{3, inner, inner + gap}, offset};
        all.push_back(fast(of_all_sizes(laid, 5), of_all_sizes(laid, 6), laid.runs, 0.3));
      }
    for (const Sums& other : all) {
      EXPECT_EQ(other.sum, all.front().sum);
      EXPECT_EQ(other.magnitude, all.front().magnitude);
      EXPECT_EQ(other.squares, all.front().squares);
      EXPECT_EQ(other.backward.dot, all.front().backward.dot);
      EXPECT_EQ(other.backward.dot_magnitude, all.front().backward.dot_magnitude);
    }
  }
}

TEST(SumKernels, ShowWhateverIsNotFiniteWhereverItStands) {
  const Laid laid{{2, 39, 40}, 1};
  for (const std::int64_t i : laid.indices()) {
    Elements x = whole_numbers(laid, 7);
    x.at(i) = -infinity;
    Sums sums = fast(x, x, laid.runs, 0);
    EXPECT_EQ(sums.sum, -infinity) << i;
    EXPECT_EQ(sums.magnitude, infinity) << i;
    EXPECT_EQ(sums.squares, infinity) << i;
    x.at(i) = nan;
    sums = fast(x, x, laid.runs, 0);
    EXPECT_TRUE(std::isnan(sums.sum) && std::isnan(sums.squares) && std::isnan(sums.backward.sum));
  }
}

}  // namespace
}  // namespace normdiff::reference::detail
