#include "harness/language/data.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/harness/scenario/samples.hpp"

namespace normdiff {
namespace {

using reference::DType;

std::vector<double> made(const Data& data, std::int64_t n, std::uint64_t seed = 1) {
  std::vector<double> out(static_cast<std::size_t>(n));
  make_data(data, seed, n, DType::float64, out.data());
  return out;
}

TEST(Data, LiteralsAreRepeated) {
  EXPECT_EQ(made(Literal{1, 2.5}, 5), (std::vector<double>{1, 2.5, 1, 2.5, 1}));
  EXPECT_EQ(made(Literal{}, 2), (std::vector<double>{0, 0}));
}

TEST(Data, RulesWithoutChance) {
  EXPECT_EQ(made(Rule{RuleKind::constant, 2.5, 0}, 2), (std::vector<double>{2.5, 2.5}));
  EXPECT_EQ(made(Rule{RuleKind::arange, -1, 0.5}, 3), (std::vector<double>{-1, -0.5, 0}));
  EXPECT_EQ(made(Rule{RuleKind::ramp, 0, 1}, 5), (std::vector<double>{0, 0.25, 0.5, 0.75, 1}));
  EXPECT_EQ(made(Rule{RuleKind::ramp, 3, 9}, 1), (std::vector<double>{3}));
  EXPECT_EQ(made(Rule{RuleKind::alternating, 2, 0}, 3), (std::vector<double>{2, -2, 2}));
}

TEST(Data, SpikeIsOneElement) {
  const auto x = made(Rule{RuleKind::spike, 1, 10}, 20);
  EXPECT_EQ(std::count(x.begin(), x.end(), 11.0), 1);
  EXPECT_EQ(std::count(x.begin(), x.end(), 1.0), 19);
}

TEST(Data, NormalHasItsMoments) {
  const auto x = made(Rule{RuleKind::normal, 3, 2}, 20000);
  double sum = 0;
  double squares = 0;
  for (const double v : x) {
    sum += v;
    squares += (v - 3) * (v - 3);
  }
  EXPECT_NEAR(sum / 20000, 3, 0.06);
  EXPECT_NEAR(squares / 20000, 4, 0.15);
}

TEST(Data, UniformAndLogUniformStayInside) {
  for (const double v : made(Rule{RuleKind::uniform, -2, 3}, 1000)) {
    EXPECT_GE(v, -2);
    EXPECT_LT(v, 3);
  }
  int below_one = 0;
  for (const double v : made(Rule{RuleKind::log_uniform, 1e-3, 1e3}, 1000)) {
    EXPECT_GE(v, 1e-3 * (1 - 1e-14));
    EXPECT_LE(v, 1e3 * (1 + 1e-14));
    below_one += v < 1;
  }
  EXPECT_NEAR(below_one, 500, 60);
}

TEST(Data, SpecialHasEveryClassInItsShare) {
  const auto x = made(Rule{RuleKind::special, 0.5, 0}, 2000);
  int nan = 0, infinite = 0, zero = 0, subnormal = 0, huge = 0;
  for (const double v : x) {
    nan += std::isnan(v);
    infinite += std::isinf(v);
    zero += v == 0 && std::signbit(v);
    subnormal += std::fpclassify(v) == FP_SUBNORMAL;
    huge += std::isfinite(v) && std::fabs(v) > 1e300;
  }
  for (const int count : {nan, infinite, zero, subnormal, huge}) EXPECT_GT(count, 80);
  EXPECT_NEAR(nan + infinite + zero + subnormal + huge, 1000, 100);
}

TEST(Data, RoundsOnceToTheDType) {
  const Data data = Rule{RuleKind::normal, 0, 1};
  const auto exact = made(data, 100, 9);
  std::vector<float> rounded(100);
  make_data(data, 9, 100, DType::float32, rounded.data());
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(rounded[i], static_cast<float>(exact[i]));
}

TEST(Data, IntegersAreRoundedToEvenAndClamped) {
  const Data data =
      Literal{0.5, 1.5, -0.5, -1.5, 2.4, 1e30, -1e30, std::numeric_limits<double>::quiet_NaN()};
  std::vector<std::int64_t> out(8);
  make_data(data, 0, 8, DType::int64, out.data());
  EXPECT_EQ(out,
            (std::vector<std::int64_t>{0, 2, 0, -2, 2, std::numeric_limits<std::int64_t>::max(),
                                       std::numeric_limits<std::int64_t>::min(), 0}));
}

TEST(Data, WholeNumbersAreExactInInt64) {
  constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
  const Data data = Literal{largest, -largest - 1, largest - 1};
  std::vector<std::int64_t> out(3);
  make_data(data, 0, 3, DType::int64, out.data());
  EXPECT_EQ(out, (std::vector<std::int64_t>{largest, -largest - 1, largest - 1}));
}

TEST(Data, WholeNumbersAreRoundedOnceToTheDType) {
  // Rounded to a double first, this would be half way between two floats, and go down.
  constexpr std::int64_t above_half_way = (std::int64_t{1} << 60) + (std::int64_t{1} << 36) + 1;
  float out = 0;
  make_data(Literal{above_half_way}, 0, 1, DType::float32, &out);
  EXPECT_EQ(out, 0x1p60F + 0x1p37F);
  EXPECT_EQ(made(Literal{std::int64_t{9007199254740993}}, 1),
            (std::vector<double>{9007199254740992}));
}

TEST(Data, AHeadIsAHead) {
  for (const RuleKind kind : all_of<RuleKind>) {
    const Data data = Rule{kind, 0.5, 2};
    const auto all = made(data, 50, 3);
    std::vector<double> head(7);
    make_data_head(data, 3, 7, 50, DType::float64, head.data());
    EXPECT_EQ(testing::hash_of(head.data(), 56), testing::hash_of(all.data(), 56))
        << to_string(kind);
  }
}

TEST(Data, TheSameBitsOnEveryMachine) {
  std::uint64_t hash = 0;
  for (const RuleKind kind : all_of<RuleKind>) {
    const auto x = made(Rule{kind, 0.5, 2}, 100, 42);
    // A NaN's bits are not part of the promise.
    for (const double v : x)
      if (!std::isnan(v)) hash = hash * 31 + testing::hash_of(&v, sizeof v);
  }
  EXPECT_EQ(hash, 7111126149419363582u);
}

}  // namespace
}  // namespace normdiff
