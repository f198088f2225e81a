#include "reference/ops/batch_norm.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include "simulated.hpp"

namespace normdiff::reference {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Values values(const std::vector<double>& x, Shape shape) {
  return {x.data(), DType::float64, shape, nullptr};
}
Values values(const std::vector<float>& x, Shape shape) {
  return {x.data(), DType::float32, shape, nullptr};
}
Tensor scalar(double v, DType dtype = DType::float64) {
  return Tensor::full(dtype, {1}, v);
}

/// One channel in training mode, float64, against an observed output.
Comparison outcome(const std::vector<double>& x, const BatchNormParameters& parameters,
                   const std::vector<double>& observed) {
  BatchNormForward forward;
  forward.run(values(x, {static_cast<std::int64_t>(x.size()), 1}), parameters,
              uniform_profile(DType::float64));
  return forward.compare_output(observed.data());
}

TEST(BatchNorm, hand_calculation) {
  // mean 3, variance ((-2)^2 + (-1)^2 + 0 + 3^2) / 4 ... : 1, 2, 3, 6 -> 14/4 = 3.5; eps 0.5 ->
  // 1/2.
  const std::vector<double> x = {1, 2, 3, 6};
  const Tensor w = scalar(4), b = scalar(10), rm = scalar(100), rv = scalar(10);
  BatchNormForward forward;
  forward.run(values(x, {4, 1}), {&w, &b, nullptr, nullptr, true, 0.5},
              uniform_profile(DType::float64));
  Bounded out;
  forward.output(out);
  EXPECT_EQ(out.shape, (Shape{4, 1}));
  EXPECT_EQ(out.value, (std::vector<double>{6, 8, 10, 16}));
  EXPECT_EQ(out.trivial, (std::vector<double>{10, 10, 10, 10}));
  for (double bound : out.bound) {
    EXPECT_GT(bound, 0);
    EXPECT_LT(bound, 1e-13);
  }
  forward.update_running_mean(rm, 0.25, out);
  EXPECT_EQ(out.value, std::vector<double>{75.75});  // 0.75 * 100 + 0.25 * 3
  EXPECT_EQ(out.trivial, std::vector<double>{100});
  forward.update_running_var(rv, 0.25, out);
  EXPECT_NEAR(out.value[0], 7.5 + 0.25 * 14 / 3, 1e-15);  // unbiased: 14 / (4 - 1)
}

TEST(BatchNorm, hand_calculation_in_eval_mode) {
  const std::vector<double> x = {1, 2, 3, 6};
  const Tensor w = scalar(4), b = scalar(10), rm = scalar(1), rv = scalar(3.5);
  BatchNormForward forward;
  forward.run(values(x, {4, 1}), {&w, &b, &rm, &rv, false, 0.5}, uniform_profile(DType::float64));
  Bounded out;
  forward.output(out);
  EXPECT_EQ(out.value, (std::vector<double>{10, 12, 14, 20}));
  forward.update_running_mean(rm, 0.25, out);
  EXPECT_EQ(out.value, std::vector<double>{1});
  EXPECT_EQ(out.bound, std::vector<double>{0});  // bit-identical
}

TEST(BatchNorm, each_channel_of_each_rank_has_its_own_statistics) {
  for (Shape shape : {Shape{2, 2}, Shape{2, 2, 3}, Shape{2, 2, 3, 2}, Shape{2, 2, 3, 2, 5}}) {
    const std::int64_t inner = shape.numel() / 4;
    std::vector<float> x(static_cast<std::size_t>(shape.numel()));
    for (std::size_t i = 0; i < x.size(); ++i) {
      const auto at = static_cast<std::int64_t>(i);
      const bool second = at / inner % 2 == 1;
      const bool late = at / (2 * inner) == 1;  // the second sample
      x[i] = second ? (late ? 30.F : 10.F) : (late ? 1.F : -1.F);
    }
    BatchNormForward forward;
    BatchNormParameters parameters;
    parameters.eps = 0;
    forward.run(values(x, shape), parameters, float32_double_accumulation_profile());
    EXPECT_EQ(forward.values_per_channel(), 2 * inner);
    Bounded out;
    forward.output(out);
    for (std::size_t i = 0; i < x.size(); ++i)
      EXPECT_EQ(out.value[i], static_cast<std::int64_t>(i) / (2 * inner) == 1 ? 1 : -1);
    const Tensor old = Tensor::full(DType::float32, {2}, 0);
    forward.update_running_mean(old, 1, out);
    EXPECT_EQ(out.value, (std::vector<double>{0, 20}));
  }
}

TEST(BatchNorm, streaming_and_stored_comparisons_agree) {
  std::mt19937_64 random(3);
  for (Shape shape : {Shape{5, 3}, Shape{2, 3, 7, 7}, Shape{3, 2, 4, 4}, Shape{2, 2, 67}}) {
    std::vector<float> x(static_cast<std::size_t>(shape.numel())), y(x.size());
    for (float& v : x) v = static_cast<float>(simulated::awkward(0, 1, random));
    BatchNormForward forward;
    forward.run(values(x, shape), {}, uniform_profile(DType::float32));
    Bounded out;
    forward.output(out);
    for (std::size_t i = 0; i < y.size(); ++i)
      y[i] = static_cast<float>(out.value[i] + out.bound[i] * simulated::awkward(0, 0.7, random));
    const Comparison a = forward.compare_output(y.data()),
                     b = compare(out, y.data(), DType::float32);
    EXPECT_EQ(a.elements(), shape.numel());
    EXPECT_EQ(a.outside, b.outside);
    EXPECT_GT(a.outside, 0);
    EXPECT_EQ(a.within + a.loose, b.within + b.equal + b.loose);
    EXPECT_EQ(a.worst_index, b.worst_index);
    EXPECT_NEAR(a.worst_ratio, b.worst_ratio, 1e-6 * b.worst_ratio);
    EXPECT_EQ(a.worst_observed, y[static_cast<std::size_t>(a.worst_index)]);
  }
}

TEST(BatchNorm, one_wrong_element_is_found_wherever_it_is) {
  const Shape shape{2, 2, 37};
  std::mt19937_64 random(4);
  std::vector<float> x(148), y(148);
  for (float& v : x) v = static_cast<float>(simulated::awkward(0, 1, random));
  BatchNormForward forward;
  forward.run(values(x, shape), {}, float32_double_accumulation_profile());
  Bounded out;
  forward.output(out);
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = static_cast<float>(out.value[i]);
  EXPECT_EQ(forward.compare_output(y.data()).outside, 0);
  for (std::size_t i = 0; i < y.size(); ++i) {
    for (float wrong : {y[i] + 1e-4F, static_cast<float>(nan), static_cast<float>(infinity)}) {
      const float right = std::exchange(y[i], wrong);
      const Comparison c = forward.compare_output(y.data());
      EXPECT_EQ(c.outside, 1);
      EXPECT_EQ(c.worst_index, static_cast<std::int64_t>(i));
      EXPECT_GT(c.worst_ratio, 1);
      y[i] = right;
    }
  }
}

// Faults that have been made, in float64, where the bound is about 1e-13.

TEST(BatchNorm, sees_a_biased_running_variance) {
  const std::vector<double> x = {1, 2, 3, 6, 8, 2, 1, 0};
  const Tensor rv = scalar(1);
  BatchNormForward forward;
  forward.run(values(x, {8, 1}), {}, uniform_profile(DType::float64));
  Bounded out;
  forward.update_running_var(rv, 0.1, out);
  const double biased = 0.9 + (out.value[0] - 0.9) * 7 / 8;
  EXPECT_EQ(compare(out, &biased, DType::float64).outside, 1);
  // Provable in float32 too, at this n.
  std::vector<float> narrow(x.begin(), x.end());
  forward.run(values(narrow, {8, 1}), {}, uniform_profile(DType::float32));
  forward.update_running_var(scalar(1, DType::float32), 0.1, out);
  const auto biased32 = static_cast<float>(biased);
  EXPECT_EQ(compare(out, &biased32, DType::float32).outside, 1);
}

TEST(BatchNorm, sees_momentum_the_wrong_way_round) {
  const std::vector<double> x = {1, 2, 3, 6};
  BatchNormForward forward;
  forward.run(values(x, {4, 1}), {}, uniform_profile(DType::float64));
  Bounded out;
  forward.update_running_mean(scalar(1), 0.1, out);
  const double swapped = 0.1 * 1 + 0.9 * 3, right = 0.9 * 1 + 0.1 * 3;
  EXPECT_EQ(compare(out, &swapped, DType::float64).outside, 1);
  EXPECT_EQ(compare(out, &right, DType::float64).outside, 0);
}

TEST(BatchNorm, sees_a_wrong_eps) {
  const std::vector<double> x = {1, 2, 3, 6};
  std::vector<double> right, larger, outside_root;
  for (double v : x) {
    right.push_back((v - 3) / std::sqrt(3.5 + 1e-5));
    larger.push_back((v - 3) / std::sqrt(3.5 + 1.01e-5));
    outside_root.push_back((v - 3) / (std::sqrt(3.5) + 1e-5));
  }
  EXPECT_EQ(outcome(x, {}, right).outside, 0);
  EXPECT_EQ(outcome(x, {}, larger).outside, 3);  // x = mean shows nothing
  EXPECT_EQ(outcome(x, {}, outside_root).outside, 3);
}

// Where the bound says nothing.

TEST(BatchNorm, constant_channel_gets_the_weaker_check) {
  const std::vector<float> x(16, 3000.F);
  const Tensor w = scalar(1, DType::float32), b = scalar(2, DType::float32);
  BatchNormForward forward;
  forward.run(values(x, {4, 1, 4}), {&w, &b, nullptr, nullptr, true, 1e-5},
              uniform_profile(DType::float32));
  std::vector<float> y(16, 2.F);
  y[3] = 2 + 3.9F;  // sqrt(n - 1) = 3.87, and a mean off by one rounding
  EXPECT_EQ(forward.compare_output(y.data()).ill_conditioned, 16);
  y[3] = 2 + 5;
  EXPECT_EQ(forward.compare_output(y.data()).outside, 1);
  y[3] = static_cast<float>(nan);
  EXPECT_EQ(forward.compare_output(y.data()).outside, 1);

  // So does the stored form, and forgets it for the next output.
  Bounded out;
  forward.output(out);
  y[3] = 2 + 3.9F;
  EXPECT_EQ(compare(out, y.data(), DType::float32).ill_conditioned, 16);
  BatchNormForward other;
  const std::vector<float> plain = {-1, 1};
  other.run(values(plain, {2, 1}), {}, uniform_profile(DType::float32));
  other.output(out);
  EXPECT_EQ(compare(out, plain.data(), DType::float32).ill_conditioned, 0);
  forward.update_running_mean(scalar(0, DType::float32), 1, out);
  const float mean = 3000, wrong = 3001;
  EXPECT_EQ(compare(out, &mean, DType::float32).outside, 0);
  EXPECT_EQ(compare(out, &wrong, DType::float32).outside, 1);
}

TEST(BatchNorm, a_nan_poisons_its_channel_only) {
  std::vector<double> x = {1, 5, nan, 6, 3, 8};  // two channels
  BatchNormForward forward;
  forward.run(values(x, {3, 2}), {}, uniform_profile(DType::float64));
  Bounded out;
  forward.output(out);
  std::vector<double> y = out.value;
  Comparison c = forward.compare_output(y.data());
  EXPECT_EQ(c.poisoned, 3);
  EXPECT_EQ(c.within, 3);
  y[0] = 0;  // finite beside a NaN
  EXPECT_EQ(forward.compare_output(y.data()).outside, 1);
  forward.update_running_mean(Tensor::full(DType::float64, {2}, 0), 0.5, out);
  const std::vector<double> finite = {0, 19 / 6.0}, poisoned = {nan, 19 / 6.0};
  EXPECT_EQ(compare(out, finite.data(), DType::float64).outside, 1);
  EXPECT_EQ(compare(out, poisoned.data(), DType::float64).poisoned, 1);
}

TEST(BatchNorm, an_infinity_gives_something_that_is_not_finite) {
  for (double bad : {infinity, -infinity}) {
    const std::vector<double> x = {1, 2, bad, 3};
    for (double seen : {nan, infinity, -infinity})
      EXPECT_EQ(outcome(x, {}, {seen, seen, seen, seen}).poisoned, 4);
    EXPECT_EQ(outcome(x, {}, {0, 0, 0, 0}).outside, 4);
    BatchNormForward forward;
    forward.run(values(x, {4, 1}), {}, uniform_profile(DType::float64));
    Bounded mean;
    forward.update_running_mean(scalar(0), 0.1, mean);
    for (double seen : {nan, infinity}) EXPECT_EQ(compare(mean, &seen, DType::float64).poisoned, 1);
  }
}

TEST(BatchNorm, in_eval_mode_a_nan_stays_where_it_is) {
  const std::vector<float> x = {1, static_cast<float>(nan), static_cast<float>(infinity), 2};
  BatchNormForward forward;
  BatchNormParameters parameters;
  parameters.batch_statistics = false;
  parameters.eps = 0;
  forward.run(values(x, {1, 1, 4}), parameters, uniform_profile(DType::float32));
  EXPECT_EQ(forward.compare_output(x.data()).within, 2);
  EXPECT_EQ(forward.compare_output(x.data()).poisoned, 2);
  const std::vector<float> finite = {1, 1, 1, 2};
  EXPECT_EQ(forward.compare_output(finite.data()).outside, 2);
}

TEST(BatchNorm, a_negative_variance_plus_eps_is_nan_and_zero_is_not_finite) {
  const std::vector<double> x = {1, 2};
  const auto eval = [&](double variance, double seen) {
    const Tensor rv = scalar(variance);
    BatchNormForward forward;
    forward.run(values(x, {2, 1}), {nullptr, nullptr, nullptr, &rv, false, 0},
                uniform_profile(DType::float64));
    const double y[] = {seen, seen};
    return forward.compare_output(y);
  };
  EXPECT_EQ(eval(-1, nan).poisoned, 2);
  EXPECT_EQ(eval(-1, 0).outside, 2);
  EXPECT_EQ(eval(-1, infinity).outside, 2);
  EXPECT_EQ(eval(0, infinity).poisoned, 2);
  EXPECT_EQ(eval(0, nan).poisoned, 2);
  EXPECT_EQ(eval(0, 1).outside, 2);
  EXPECT_EQ(eval(infinity, 0).outside, 0);  // invstd 0: the bias
  EXPECT_EQ(eval(infinity, nan).outside, 2);
}

TEST(BatchNorm, an_infinite_running_variance_leaves_the_bias) {
  const Tensor w = scalar(3), b = scalar(0.7), rm = scalar(1e5), rv = scalar(infinity);
  const auto eval = [&](double x, double seen) {
    BatchNormForward forward;
    const std::vector<double> in = {x};
    forward.run(values(in, {1, 1}), {&w, &b, &rm, &rv, false, 1e-5},
                uniform_profile(DType::float64));
    return forward.compare_output(&seen);
  };
  for (double x : {0.0, -3.0, 1e300}) {
    EXPECT_EQ(eval(x, 0.7).outside, 0);
    EXPECT_EQ(eval(x, 0.7).ill_conditioned, 0);
    EXPECT_EQ(eval(x, 0.7 + 1e-14).outside, 1);
    EXPECT_EQ(eval(x, 0).outside, 1);
  }
  EXPECT_EQ(eval(2e307, nan).outside, 0) << "weight * (x - mean) may be infinite, times 0";
  EXPECT_EQ(eval(infinity, nan).poisoned, 1);
  EXPECT_EQ(eval(nan, 0.7).outside, 1);
}

TEST(BatchNorm, an_eps_beyond_the_largest_number_may_be_infinite) {
  const Tensor w = scalar(3), b = scalar(0.5), rm = scalar(0), rv = scalar(1);
  const auto eval = [&](double eps, float x, float seen) {
    const std::vector<float> in = {x};
    BatchNormForward forward;
    const auto in32 = [](const Tensor& t) { return t.to(DType::float32); };
    const Tensor w32 = in32(w), b32 = in32(b), rm32 = in32(rm), rv32 = in32(rv);
    forward.run(values(in, {1, 1}), {&w32, &b32, &rm32, &rv32, false, eps},
                uniform_profile(DType::float32));
    return forward.compare_output(&seen);
  };
  // In float32 the sum is infinite and its root's inverse 0; in float64 it is 1e-40.
  for (const float seen : {0.5F, 0.5F + 3e-40F * 2}) EXPECT_EQ(eval(1e80, 2, seen).outside, 0);
  EXPECT_EQ(eval(1e80, 2, 0.5001F).outside, 1) << "the bias is held";
  EXPECT_EQ(eval(1e80, 2, 0).outside, 1);
  EXPECT_EQ(eval(1e80, 2, static_cast<float>(nan)).outside, 1);
  EXPECT_EQ(eval(1e80, 2, static_cast<float>(infinity)).outside, 1);
  EXPECT_EQ(eval(1e80, 2e38F, static_cast<float>(nan)).outside, 0) << "3 * 2e38 overflows, times 0";
  EXPECT_EQ(eval(1e30, 2, 0.6F).outside, 1) << "far from the edge the value is held";
  EXPECT_EQ(eval(1e30, 2, 0.5F).outside, 0);
}

TEST(BatchNorm, overflow_is_not_held_against_anybody) {
  const std::vector<float> x = {1e30F, -1e30F, 2e30F, 0};
  BatchNormForward forward;
  forward.run(values(x, {4, 1}), {}, uniform_profile(DType::float32));
  for (float seen : {0.F, 1.F, static_cast<float>(nan), static_cast<float>(infinity)}) {
    const std::vector<float> y(4, seen);
    EXPECT_EQ(forward.compare_output(y.data()).ill_conditioned, 4);
  }
  // In float64 the same data are far from the edge.
  std::vector<double> wide(x.begin(), x.end());
  EXPECT_EQ(outcome(wide, {}, {0, 0, 0, 0}).outside, 4);
}

TEST(BatchNorm, a_single_value_has_no_running_variance) {
  const std::vector<double> x = {4};
  BatchNormForward forward;
  forward.run(values(x, {1, 1}), {}, uniform_profile(DType::float64));
  Bounded out;
  forward.update_running_var(scalar(1), 0.1, out);
  EXPECT_EQ(compare(out, &nan, DType::float64).poisoned, 1);
  const double old = 1;
  EXPECT_EQ(compare(out, &old, DType::float64).outside, 1);
}

TEST(BatchNorm, an_empty_batch_moves_nothing) {
  BatchNormForward forward;
  forward.run({nullptr, DType::float32, {0, 2, 3}, nullptr}, {}, uniform_profile(DType::float32));
  EXPECT_EQ(forward.compare_output(nullptr).elements(), 0);
  Bounded out;
  forward.output(out);
  EXPECT_TRUE(out.value.empty());
  const Tensor old = Tensor::full(DType::float32, {2}, 7);
  for (bool variance : {false, true}) {
    variance ? forward.update_running_var(old, 0.1, out)
             : forward.update_running_mean(old, 0.1, out);
    EXPECT_EQ(out.value, (std::vector<double>{7, 7}));
    EXPECT_EQ(out.bound, (std::vector<double>{0, 0}));
  }
  BatchNormBackward backward;
  backward.run(forward, {nullptr, DType::float32, {0, 2, 3}, nullptr});
  EXPECT_EQ(backward.compare_input_gradient(nullptr).elements(), 0);
  backward.weight_gradient(out);
  EXPECT_EQ(out.value, (std::vector<double>{0, 0}));
  EXPECT_EQ(out.bound, (std::vector<double>{0, 0}));
}

TEST(BatchNorm, an_unknown_input_makes_its_channel_unknown) {
  const std::vector<double> x = {1, 2, 3};
  for (double unknown : {-1.0, nan, infinity}) {
    const std::vector<double> error = {0, unknown, 0};
    BatchNormForward forward;
    forward.run({x.data(), DType::float64, {3, 1}, error.data()}, {},
                uniform_profile(DType::float64));
    const std::vector<double> y = {99, nan, infinity};
    EXPECT_EQ(forward.compare_output(y.data()).outside, 0);
  }
}

TEST(BatchNorm, a_bound_that_reaches_the_bias_is_loose) {
  const std::vector<double> x = {-1, 1, 0};  // the last one sits on the mean
  const Comparison c = outcome(x, {}, {-1.2247356859083902, 1.2247356859083902, 0});
  EXPECT_EQ(c.within, 2);
  EXPECT_EQ(c.loose, 1);
}

TEST(BatchNorm, parameters_of_another_size_are_refused) {
  const std::vector<double> x = {1, 2};
  const Tensor w = Tensor::full(DType::float64, {3}, 1);
  BatchNormForward forward;
  EXPECT_THROW(forward.run(values(x, {2, 1}), {&w}, uniform_profile(DType::float64)),
               std::invalid_argument);
  EXPECT_THROW(forward.run(values(x, {2}), {}, uniform_profile(DType::float64)),
               std::invalid_argument);
}

}  // namespace
}  // namespace normdiff::reference
