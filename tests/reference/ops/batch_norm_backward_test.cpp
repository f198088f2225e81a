#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>

#include "reference/ops/batch_norm.hpp"
#include "simulated.hpp"

namespace normdiff::reference {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

struct Problem {
  std::vector<double> x, g;
  double weight = 1.5, bias = 0.5, running_mean = 0.3, running_var = 2, eps = 0.01;
  bool training = true;

  explicit Problem(std::size_t n) : x(n), g(n) {
    std::mt19937_64 random(9);
    for (double& v : x) v = simulated::awkward(0, 1, random);
    for (double& v : g) v = simulated::awkward(0, 1, random);
  }

  /// sum g y, by the definition, in long double.
  [[nodiscard]] long double loss(const std::vector<long double>& at, long double w,
                                 long double b) const {
    const auto n = static_cast<long double>(at.size());
    long double mean = running_mean, variance = running_var, sum = 0;
    if (training) {
      mean = variance = 0;
      for (long double v : at) mean += v / n;
      for (long double v : at) variance += (v - mean) * (v - mean) / n;
    }
    for (std::size_t i = 0; i < at.size(); ++i)
      sum += g[i] * ((at[i] - mean) / std::sqrt(variance + eps) * w + b);
    return sum;
  }

  void run(BatchNormForward& forward, BatchNormBackward& backward) const {
    const Tensor w = Tensor::full(DType::float64, {1}, weight),
                 b = Tensor::full(DType::float64, {1}, bias),
                 rm = Tensor::full(DType::float64, {1}, running_mean),
                 rv = Tensor::full(DType::float64, {1}, running_var);
    const Shape shape{static_cast<std::int64_t>(x.size()), 1};
    forward.run({x.data(), DType::float64, shape, nullptr}, {&w, &b, &rm, &rv, training, eps},
                uniform_profile(DType::float64));
    backward.run(forward, {g.data(), DType::float64, shape, nullptr});
  }
};

/// Central differences of fourth order.
long double derivative(const std::function<long double(long double)>& f) {
  const long double h = 1e-4L;
  return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);
}

class Gradients : public ::testing::TestWithParam<bool> {};

TEST_P(Gradients, are_the_derivatives_of_the_definition) {
  for (std::size_t n : {2U, 3U, 17U}) {
    Problem p(n);
    p.training = GetParam();
    BatchNormForward forward;
    BatchNormBackward backward;
    p.run(forward, backward);
    Bounded dx, dw, db;
    backward.input_gradient(dx);
    backward.weight_gradient(dw);
    backward.bias_gradient(db);
    const std::vector<long double> x(p.x.begin(), p.x.end());
    const auto near = [](double value, long double expected) {
      EXPECT_NEAR(value, static_cast<double>(expected), 1e-10);
    };
    for (std::size_t i = 0; i < n; ++i) {
      near(dx.value[i], derivative([&](long double h) {
             auto moved = x;
             moved[i] += h;
             return p.loss(moved, p.weight, p.bias);
           }));
    }
    near(dw.value[0], derivative([&](long double h) { return p.loss(x, p.weight + h, p.bias); }));
    near(db.value[0], derivative([&](long double h) { return p.loss(x, p.weight, p.bias + h); }));
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, Gradients, ::testing::Bool(),
                         [](const auto& mode) { return mode.param ? "training" : "eval"; });

TEST(BatchNormBackward, hand_calculation) {
  // x - mean = -1, 1, variance 1, eps 3, so invstd 1/2; g = 4, 0: sum 4, sum g (x - mean) = -4.
  const std::vector<float> x = {1, 3}, g = {4, 0};
  const Tensor w = Tensor::full(DType::float32, {1}, 2);
  BatchNormForward forward;
  forward.run({x.data(), DType::float32, {2, 1}, nullptr}, {&w, nullptr, nullptr, nullptr, true, 3},
              uniform_profile(DType::float32));
  BatchNormBackward backward;
  backward.run(forward, {g.data(), DType::float32, {2, 1}, nullptr});
  Bounded out;
  backward.bias_gradient(out);
  EXPECT_EQ(out.value, std::vector<double>{4});
  backward.weight_gradient(out);
  EXPECT_EQ(out.value, std::vector<double>{-2});
  backward.input_gradient(out);
  // 2 * 1/2 * (g - 2 - (x - mean) * 1/4 * -4 / 2)
  EXPECT_EQ(out.value, (std::vector<double>{1.5, -1.5}));
}

TEST(BatchNormBackward, sees_the_statistics_taken_for_constants) {
  Problem p(16);
  BatchNormForward forward;
  BatchNormBackward backward;
  p.run(forward, backward);
  Bounded right;
  backward.input_gradient(right);
  EXPECT_EQ(backward.compare_input_gradient(right.value.data()).outside, 0);
  // The eval-mode gradient in training: w r g.
  Problem constants = p;
  constants.training = false;
  double mean = 0, variance = 0;
  for (double v : p.x) mean += v / 16;
  for (double v : p.x) variance += (v - mean) * (v - mean) / 16;
  constants.running_mean = mean;
  constants.running_var = variance;
  BatchNormForward eval_forward;
  BatchNormBackward eval_backward;
  constants.run(eval_forward, eval_backward);
  Bounded wrong;
  eval_backward.input_gradient(wrong);
  EXPECT_EQ(backward.compare_input_gradient(wrong.value.data()).outside, 16);
  // n - 1 for n in the means.
  std::vector<double> unbiased = right.value;
  for (std::size_t i = 0; i < 16; ++i)
    unbiased[i] = wrong.value[i] + (right.value[i] - wrong.value[i]) * 16 / 15;
  EXPECT_EQ(backward.compare_input_gradient(unbiased.data()).outside, 16);
}

TEST(BatchNormBackward, streaming_and_stored_comparisons_agree) {
  std::mt19937_64 random(13);
  for (bool training : {false, true}) {
    const Shape shape{3, 2, 37};
    std::vector<float> x(222), g(222), seen(222);
    for (float& v : x) v = static_cast<float>(simulated::awkward(1, 1, random));
    for (float& v : g) v = static_cast<float>(simulated::awkward(0, 1, random));
    BatchNormForward forward;
    forward.run({x.data(), DType::float32, shape, nullptr},
                {nullptr, nullptr, nullptr, nullptr, training, 1e-5},
                uniform_profile(DType::float32));
    BatchNormBackward backward;
    backward.run(forward, {g.data(), DType::float32, shape, nullptr});
    Bounded out;
    backward.input_gradient(out);
    for (std::size_t i = 0; i < seen.size(); ++i)
      seen[i] =
          static_cast<float>(out.value[i] + out.bound[i] * simulated::awkward(0, 0.7, random));
    const Comparison a = backward.compare_input_gradient(seen.data()),
                     b = compare(out, seen.data(), DType::float32);
    EXPECT_EQ(a.elements(), 222);
    EXPECT_GT(a.outside, 0);
    EXPECT_EQ(a.outside, b.outside);
    EXPECT_EQ(a.worst_index, b.worst_index);
  }
}

TEST(BatchNormBackward, a_nan_upstream_poisons_the_channel_in_training_and_itself_in_eval) {
  for (bool training : {false, true}) {
    Problem p(4);
    p.training = training;
    p.g[1] = nan;
    BatchNormForward forward;
    BatchNormBackward backward;
    p.run(forward, backward);
    Bounded out;
    backward.bias_gradient(out);
    EXPECT_EQ(compare(out, &nan, DType::float64).poisoned, 1);
    backward.weight_gradient(out);
    EXPECT_EQ(compare(out, &nan, DType::float64).poisoned, 1);
    backward.input_gradient(out);
    const std::vector<double> all(4, nan);
    const Comparison c = backward.compare_input_gradient(all.data());
    EXPECT_EQ(c.poisoned, training ? 4 : 1);
    EXPECT_EQ(c.outside, training ? 0 : 3);
  }
}

TEST(BatchNormBackward, a_nan_input_leaves_the_bias_gradient_and_in_eval_the_input_gradient) {
  for (double bad : {nan, infinity}) {
    for (bool training : {false, true}) {
      Problem p(4);
      p.training = training;
      p.x[1] = bad;
      p.g = {1, 2, 3, 4};
      BatchNormForward forward;
      BatchNormBackward backward;
      p.run(forward, backward);
      Bounded out;
      backward.bias_gradient(out);
      const double ten = 10;
      EXPECT_EQ(compare(out, &ten, DType::float64).equal, 1);
      backward.weight_gradient(out);
      EXPECT_EQ(compare(out, &nan, DType::float64).poisoned, 1);
      EXPECT_EQ(compare(out, &ten, DType::float64).outside, 1);
      const std::vector<double> finite(4, 0.0);
      const Comparison c = backward.compare_input_gradient(finite.data());
      EXPECT_EQ(c.outside, 4);
      std::vector<double> right(4, nan);
      if (!training)
        for (std::size_t i = 0; i < 4; ++i)
          right[i] = p.weight / std::sqrt(p.running_var + p.eps) * p.g[i];
      EXPECT_EQ(backward.compare_input_gradient(right.data()).outside, 0);
    }
  }
}

TEST(BatchNormBackward, an_ill_conditioned_channel_has_limits_and_its_bias_gradient_proven) {
  const std::vector<float> x(8, 10000.F), g = {1, 2, 3, 4, 5, 6, 7, 8};
  BatchNormForward forward;
  forward.run({x.data(), DType::float32, {8, 1}, nullptr}, {}, uniform_profile(DType::float32));
  BatchNormBackward backward;
  backward.run(forward, {g.data(), DType::float32, {8, 1}, nullptr});
  // invstd is at most 1 / sqrt(1e-5) = 316, g - mean g at most 3.5.
  const std::vector<float> possible(8, 123.F), large(8, 1e30F), bad(8, static_cast<float>(nan));
  EXPECT_EQ(backward.compare_input_gradient(possible.data()).loose, 8);
  EXPECT_EQ(backward.compare_input_gradient(large.data()).outside, 8);
  EXPECT_EQ(backward.compare_input_gradient(bad.data()).outside, 8);
  Bounded out;
  backward.input_gradient(out);
  EXPECT_EQ(compare(out, possible.data(), DType::float32).loose, 8);
  EXPECT_EQ(compare(out, large.data(), DType::float32).outside, 8);
  backward.weight_gradient(out);
  const float slight = 1;
  EXPECT_EQ(compare(out, &slight, DType::float32).loose, 1);
  EXPECT_EQ(compare(out, large.data(), DType::float32).outside, 1);
  backward.bias_gradient(out);
  const float right = 36, wrong = 37;
  EXPECT_EQ(compare(out, &right, DType::float32).equal, 1);
  EXPECT_EQ(compare(out, &wrong, DType::float32).outside, 1);
}

TEST(BatchNormBackward, another_size_is_refused) {
  const std::vector<float> x(4, 1.F);
  BatchNormForward forward;
  forward.run({x.data(), DType::float32, {4, 1}, nullptr}, {}, uniform_profile(DType::float32));
  BatchNormBackward backward;
  EXPECT_THROW(backward.run(forward, {x.data(), DType::float32, {2, 1}, nullptr}),
               std::invalid_argument);
}

}  // namespace
}  // namespace normdiff::reference
