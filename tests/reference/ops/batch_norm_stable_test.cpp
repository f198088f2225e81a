#include <gtest/gtest.h>

#include <numeric>

#include "bound_trials.hpp"

// A bound that says little excuses much. Where a stable algorithm would have done far better, that
// is counted.
namespace normdiff::reference {
namespace {

/// One channel with these values, of a training forward, against what was observed.
template <class T>
Comparison compare_channel(const std::vector<T>& x, const std::vector<T>& observed,
                           const Profile& profile) {
  BatchNormForward forward;
  forward.run({x.data(), dtype<T>, shape_of(x.size()), nullptr}, {}, profile);
  return forward.compare_output(observed.data());
}

/// As LibTorch's kernels compute an output: x * alpha + beta, rounded once.
std::vector<float> by_affine(const std::vector<float>& x) {
  return simulated::forward<float, double>(x, {}, {.fused = true, .affine = true}).y;
}
std::vector<float> by_subtraction(const std::vector<float>& x) {
  return simulated::forward<float, double>(x, {}, {}).y;
}

const Profile profile = uniform_profile(DType::float32);

TEST(StableOutput, AConstantChannelThatIsNotZeroIsALoss) {
  const std::vector<float> constant(147, 1e10F);
  const std::vector<float> seen = by_affine(constant);
  EXPECT_GT(std::fabs(seen[0]), 1000) << "no loss, nothing to see";
  const Comparison c = compare_channel(constant, seen, profile);
  EXPECT_EQ(c.outside, 0) << "the kernel's own bound lets it pass";
  EXPECT_EQ(c.lost, 147);
  EXPECT_EQ(c.lost_expected, 0);
  EXPECT_EQ(c.lost_observed, seen[0]);
  EXPECT_LT(c.lost_bound, 1e-30);
  EXPECT_EQ(compare_channel(constant, by_subtraction(constant), profile).lost, 0);
}

TEST(StableOutput, TheSameInFloat64) {
  const std::vector<double> constant(147, 1e20);
  const auto seen =
      simulated::forward<double, double>(constant, {}, {.fused = true, .affine = true}).y;
  EXPECT_EQ(compare_channel(constant, seen, uniform_profile(DType::float64)).lost, 147);
  EXPECT_EQ(
      compare_channel(constant, std::vector<double>(147, 0), uniform_profile(DType::float64)).lost,
      0);
}

TEST(StableOutput, WhatEveryAlgorithmLosesIsNoLoss) {
  // The mean lies between two float32 numbers that are 1,024 apart.
  std::vector<float> x(146, 1e10F);
  x[0] = std::nextafter(1e10F, 2e10F);
  EXPECT_EQ(compare_channel(x, by_subtraction(x), profile).lost, 0);
}

TEST(StableOutput, AChannelThatIsJudgedSharplyIsNotLookedAt) {
  std::vector<float> x(64);
  std::iota(x.begin(), x.end(), 0.0F);
  EXPECT_EQ(compare_channel(x, by_affine(x), profile).lost, 0);
}

TEST(StableOutput, AFewOutputsNearTheMeanAreNoLoss) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  std::vector<float> x(2048);
  for (float& v : x) v = static_cast<float>(100 + 0.5 * normal(random));
  const auto seen = simulated::forward<float, float>(x, {}, {}).y;
  const Comparison c = compare_channel(x, seen, unknown_profile(DType::float32));
  EXPECT_GT(c.loose, 0) << "nothing to see";
  EXPECT_EQ(c.lost, 0);
}

TEST(StableOutput, InEvalTheRunningStatisticsAreAsTheyAre) {
  const std::vector<float> x(32, 1e8F);
  const Tensor mean = Tensor::full(DType::float32, {1}, 1e8);
  const Tensor var = Tensor::full(DType::float32, {1}, 1e-4);
  BatchNormParameters parameters;
  parameters.running_mean = &mean;
  parameters.running_var = &var;
  parameters.batch_statistics = false;
  BatchNormForward forward;
  forward.run({x.data(), DType::float32, shape_of(x.size()), nullptr}, parameters, profile);
  const std::vector<float> lost(32, 500.0F), kept(32, 0.0F);
  EXPECT_EQ(forward.compare_output(lost.data()).outside, 0);
  EXPECT_EQ(forward.compare_output(lost.data()).lost, 32);
  EXPECT_EQ(forward.compare_output(kept.data()).lost, 0);
}

}  // namespace
}  // namespace normdiff::reference
