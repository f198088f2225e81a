#include <gtest/gtest.h>

#include <string>

#include "bound_trials.hpp"

// Every correct implementation of a profile stays within the bounds, and comes near them.
namespace normdiff::reference {
namespace {

using simulated::Style;
using simulated::Variance;

template <class T, class A>
Worst trials(const Profile& profile, bool welford, double scale, int count) {
  std::mt19937_64 random(20260101);
  Worst worst;
  BatchNormForward forward;
  BatchNormBackward backward;
  Bounded out;
  for (int trial = 0; trial < count; ++trial) {
    const std::size_t sizes[] = {2, 3, 5, 16, 64, 200, 333, 1024};
    const std::size_t n = sizes[random() % 8];
    Style style;
    style.order = simulated::orders[random() % 5];
    style.fused = random() % 2;
    style.affine = random() % 2;
    if (welford) style.variance = static_cast<Variance>(random() % 3);
    simulated::Options o;
    o.weight = static_cast<T>(simulated::awkward(0, 1.5, random));
    o.bias = static_cast<T>(simulated::awkward(0, random() % 2 ? 1 : 0, random));
    o.running_mean = static_cast<T>(simulated::awkward(0, scale, random));
    o.running_var = static_cast<T>(std::fabs(simulated::awkward(0, 1, random)));
    o.momentum = random() % 4 ? 0.1 : 0.7;
    o.eps = random() % 4 ? 1e-5 : 1e-3;
    const int kind = static_cast<int>(random() % 6), g_kind = static_cast<int>(random() % 6);
    std::vector<T> x(n), g(n);
    for (T& v : x) v = static_cast<T>(simulated::awkward(kind, scale, random));
    for (T& v : g)
      v = static_cast<T>(simulated::awkward(g_kind, scale < 1e-30 ? scale : 1, random));

    const auto scalar = [](double v) { return Tensor::full(dtype<T>, {1}, v); };
    const Tensor w = scalar(o.weight), b = scalar(o.bias), rm = scalar(o.running_mean),
                 rv = scalar(o.running_var);
    BatchNormParameters parameters;
    parameters.weight = &w;
    parameters.bias = &b;
    parameters.eps = o.eps;
    const Values values{x.data(), dtype<T>, shape_of(n), nullptr};
    forward.run(values, parameters, profile);
    const auto seen = simulated::forward<T, A>(x, o, style);
    const std::string what = "trial " + std::to_string(trial) + " n " + std::to_string(n) +
                             " kind " + std::to_string(kind);
    expect_inside(forward.compare_output(seen.y.data()), worst.y, what + " y");
    forward.output(out);
    double ignored = 0;
    expect_inside(compare(out, seen.y.data(), dtype<T>), ignored, what + " stored y");
    forward.update_running_mean(rm, o.momentum, out);
    expect_inside(compare(out, &seen.running_mean, dtype<T>), worst.running_mean, what + " mean");
    forward.update_running_var(rv, o.momentum, out);
    expect_inside(compare(out, &seen.running_var, dtype<T>), worst.running_var, what + " var");

    backward.run(forward, {g.data(), dtype<T>, values.shape, nullptr});
    const auto gradient =
        simulated::backward<T>(x, g, seen.mean, seen.invstd, static_cast<T>(o.weight), true, style);
    expect_inside(backward.compare_input_gradient(gradient.dx.data()), worst.dx, what + " dx");
    backward.input_gradient(out);
    expect_inside(compare(out, gradient.dx.data(), dtype<T>), ignored, what + " stored dx");
    backward.weight_gradient(out);
    expect_inside(compare(out, &gradient.dw, dtype<T>), worst.dw, what + " dw");
    backward.bias_gradient(out);
    expect_inside(compare(out, &gradient.db, dtype<T>), worst.db, what + " db");

    // Eval mode, the same data.
    parameters.batch_statistics = false;
    parameters.running_mean = &rm;
    parameters.running_var = &rv;
    forward.run(values, parameters, profile);
    const T invstd =
        static_cast<T>(1 / std::sqrt(static_cast<T>(o.running_var) + static_cast<T>(o.eps)));
    const T mean = static_cast<T>(o.running_mean), alpha = invstd * static_cast<T>(o.weight);
    std::vector<T> y;
    for (T v : x)
      y.push_back(style.affine ? v * alpha + (static_cast<T>(o.bias) - mean * alpha)
                               : (v - mean) * alpha + static_cast<T>(o.bias));
    expect_inside(forward.compare_output(y.data()), worst.y, what + " eval y");
    backward.run(forward, {g.data(), dtype<T>, values.shape, nullptr});
    const auto eval =
        simulated::backward<T>(x, g, mean, invstd, static_cast<T>(o.weight), false, style);
    expect_inside(backward.compare_input_gradient(eval.dx.data()), worst.dx, what + " eval dx");
    backward.weight_gradient(out);
    expect_inside(compare(out, &eval.dw, dtype<T>), worst.dw, what + " eval dw");
    if (testing::Test::HasFatalFailure()) return worst;
  }
  return worst;
}

TEST(BatchNormBounds, float64) {
  expect_tight(trials<double, double>(uniform_profile(DType::float64), false, 1, 1500),
               {0.29, 0.31, 0.31, 0.35, 0.15, 0.14});
}
TEST(BatchNormBounds, float32) {
  expect_tight(trials<float, float>(uniform_profile(DType::float32), false, 1, 1500),
               {0.36, 0.31, 0.30, 0.30, 0.14, 0.14});
}
TEST(BatchNormBounds, float32_accumulated_in_float64) {
  expect_tight(trials<float, double>(float32_double_accumulation_profile(), false, 1, 1500),
               {0.37, 0.37, 0.37, 0.35, 0.37, 0.14});
}
TEST(BatchNormBounds, float32_with_welford_and_chan) {
  expect_tight(trials<float, float>(unknown_profile(DType::float32), true, 1, 1500),
               {0.29, 0.29, 0.33, 0.32, 0.16, 0.14});
}
/// The largest error/bound of batch statistics alone: momentum 1 over an old value of 0. A sum of
/// equal terms has roundings of one sign, so equal values for the mean, two opposite ones for the
/// variance.
template <class T>
Worst statistics_trials(const Profile& profile) {
  std::mt19937_64 random(20260303);
  Worst worst;
  BatchNormForward forward;
  Bounded out;
  simulated::Options o;
  o.momentum = 1;
  o.running_var = 0;
  const Tensor old = Tensor::full(dtype<T>, {1}, 0);
  for (int trial = 0; trial < 400; ++trial) {
    const std::size_t n = 100 + 2 * (random() % 450);
    const T size = static_cast<T>(simulated::awkward(0, 1, random));
    const bool opposite = trial % 2;
    std::vector<T> x(n, size);
    for (std::size_t i = 1; opposite && i < n; i += 2) x[i] = -size;
    Style style;
    style.fused = random() % 2;
    const auto seen = simulated::forward<T, T>(x, o, style);
    forward.run({x.data(), dtype<T>, shape_of(n), nullptr}, {}, profile);
    const std::string what = "trial " + std::to_string(trial);
    forward.update_running_mean(old, 1, out);
    expect_inside(compare(out, &seen.running_mean, dtype<T>), worst.running_mean, what + " mean");
    forward.update_running_var(old, 1, out);
    // Of equal values there is only the mean's error, squared.
    double ignored = 0;
    expect_inside(compare(out, &seen.running_var, dtype<T>), opposite ? worst.running_var : ignored,
                  what + " var");
  }
  return worst;
}

TEST(BatchNormBounds, of_statistics_come_near) {
  expect_tight(statistics_trials<float>(uniform_profile(DType::float32)), {0, 0.24, 0.24, 0, 0, 0});
  expect_tight(statistics_trials<double>(uniform_profile(DType::float64)),
               {0, 0.24, 0.21, 0, 0, 0});
}

/// B_y of bounds.md in eval, weight 1 and bias 0, as far as it is relative.
double documented(double x, double mean, double variance, double eps) {
  const double u = 0x1p-24, shifted = variance + eps, far = std::fabs(x - mean);
  const double q = u * (shifted + 2 * eps) / shifted, big_r = 1 / std::sqrt(1 - q) - 1 + 4 * u;
  const double r = 1 / std::sqrt(shifted);
  return r * (1 + big_r) * (far * (big_r + 5 * u) + 4 * u * (std::fabs(x) + std::fabs(mean))) +
         u * r * far;
}

TEST(BatchNormBounds, of_an_output_are_wider_than_the_documents_by_what_is_said) {
  const std::vector<float> x = {0, -100, 50, 100.5F, 200, 1e4F};
  const std::vector<double> factors = {1.55, 1.28, 1.35, 1, 1, 1};
  const Tensor mean = Tensor::full(DType::float32, {1}, 100);
  BatchNormForward forward;
  forward.run({x.data(), DType::float32, {6, 1}, nullptr},
              {nullptr, nullptr, &mean, nullptr, false, 1e-5}, uniform_profile(DType::float32));
  Bounded y;
  forward.output(y);
  for (std::size_t i = 0; i < x.size(); ++i)
    EXPECT_NEAR(y.bound[i] / documented(x[i], 100, 1, 1e-5), factors[i], 0.01) << x[i];
}

/// Gradients of channels whose values differ by less than their rounding.
struct Limited {
  std::int64_t elements = 0;  ///< that had a limit only
  double dx = 0, dw = 0;      ///< their largest share of it
};
template <class T, class A>
Limited ill_conditioned_trials(const Profile& profile, double offset) {
  std::mt19937_64 random(20261125);
  Limited limited;
  BatchNormForward forward;
  BatchNormBackward backward;
  Bounded out;
  for (int trial = 0; trial < 600; ++trial) {
    const std::size_t n = 2 + random() % 60;
    Style style;
    style.order = simulated::orders[random() % 5];
    style.fused = random() % 2;
    simulated::Options o;
    o.weight = static_cast<T>(simulated::awkward(0, 1.5, random));
    o.eps = trial % 3 ? 1e-5 : 1e-3;
    std::vector<T> x(n), g(n);
    const double spread = trial % 4 ? offset * std::pow(10, -3 - trial % 6) : 0;
    for (T& v : x) v = static_cast<T>(offset + simulated::awkward(0, spread, random));
    for (T& v : g) v = static_cast<T>(simulated::awkward(trial, 1, random));
    const Tensor w = Tensor::full(dtype<T>, {1}, o.weight);
    BatchNormParameters parameters;
    parameters.weight = &w;
    parameters.eps = o.eps;
    const Values values{x.data(), dtype<T>, shape_of(n), nullptr};
    forward.run(values, parameters, profile);
    const auto seen = simulated::forward<T, A>(x, o, style);
    backward.run(forward, {g.data(), dtype<T>, values.shape, nullptr});
    const auto gradient =
        simulated::backward<T>(x, g, seen.mean, seen.invstd, static_cast<T>(o.weight), true, style);
    const std::string what = "trial " + std::to_string(trial) + " n " + std::to_string(n);
    double proven = 0;
    const Comparison dx = backward.compare_input_gradient(gradient.dx.data());
    const bool limit_only = dx.worst_expected == 0;
    expect_inside(dx, limit_only ? limited.dx : proven, what + " dx");
    if (limit_only) limited.elements += dx.elements();
    backward.weight_gradient(out);
    expect_inside(compare(out, &gradient.dw, dtype<T>), limit_only ? limited.dw : proven,
                  what + " dw");
    const std::vector<T> wrong(n, static_cast<T>(1e30));
    EXPECT_EQ(backward.compare_input_gradient(wrong.data()).outside, n) << what;
    EXPECT_EQ(compare(out, wrong.data(), dtype<T>).outside, 1) << what;
  }
  return limited;
}

TEST(BatchNormBounds, limit_the_gradients_of_ill_conditioned_channels) {
  for (const Limited& limited :
       {ill_conditioned_trials<float, float>(uniform_profile(DType::float32), 1e5),
        ill_conditioned_trials<float, double>(float32_double_accumulation_profile(), 1e7),
        ill_conditioned_trials<double, double>(uniform_profile(DType::float64), 1e13)}) {
    EXPECT_GT(limited.elements, 2000);
    EXPECT_GT(limited.dx, 0.1) << "the limit comes near";
    EXPECT_LE(limited.dx, 1);
    EXPECT_GT(limited.dw, 0.01) << "what a far mean is off by may be hidden in D";
    EXPECT_LE(limited.dw, 1);
  }
}

TEST(BatchNormBounds, hold_for_large_and_small_data) {
  for (double scale : {1e-12, 1e-3, 1e6, 1e12}) {
    trials<float, float>(uniform_profile(DType::float32), false, scale, 200);
    trials<float, double>(float32_double_accumulation_profile(), false, scale, 200);
    trials<double, double>(uniform_profile(DType::float64), false, scale, 200);
  }
}
TEST(BatchNormBounds, hold_for_subnormal_data) {
  trials<float, float>(uniform_profile(DType::float32), false, 1e-41, 300);
  trials<float, double>(float32_double_accumulation_profile(), false, 1e-41, 300);
  trials<float, float>(unknown_profile(DType::float32), true, 1e-41, 300);
  trials<double, double>(uniform_profile(DType::float64), false, 1e-318, 300);
}

TEST(BatchNormBounds, hold_where_the_weight_is_subnormal) {
  // weight * invstd loses bits below the normal numbers, and is multiplied by a large x.
  std::mt19937_64 random(5);
  std::vector<float> x(64);
  for (float& v : x) v = static_cast<float>(simulated::awkward(1, 1e6, random));
  simulated::Options o;
  o.weight = static_cast<float>(3e-40);
  const Tensor w = Tensor::full(DType::float32, {1}, o.weight);
  BatchNormParameters parameters;
  parameters.weight = &w;
  for (bool affine : {false, true}) {
    Style style;
    style.affine = affine;
    const auto seen = simulated::forward<float, float>(x, o, style);
    BatchNormForward forward;
    parameters.batch_statistics = true;
    forward.run({x.data(), DType::float32, {4, 1, 16}, nullptr}, parameters,
                uniform_profile(DType::float32));
    EXPECT_EQ(forward.compare_output(seen.y.data()).outside, 0);
    // So it is of a large upstream gradient, in training and in eval mode.
    const std::vector<float>& g = x;
    for (bool training : {true, false}) {
      parameters.batch_statistics = training;
      forward.run({x.data(), DType::float32, {4, 1, 16}, nullptr}, parameters,
                  uniform_profile(DType::float32));
      BatchNormBackward backward;
      backward.run(forward, {g.data(), DType::float32, {4, 1, 16}, nullptr});
      const float mean = training ? seen.mean : 0;
      const float invstd = training ? seen.invstd : 1 / std::sqrt(1 + 1e-5F);
      const auto gradient = simulated::backward<float>(
          x, g, mean, invstd, static_cast<float>(o.weight), training, style);
      EXPECT_EQ(backward.compare_input_gradient(gradient.dx.data()).outside, 0);
    }
  }
}

TEST(BatchNormBounds, hold_where_only_a_factor_of_the_bound_underflows) {
  // weight * invstd^3 is below the smallest float64; times (x - mean)^2 it is not.
  std::mt19937_64 random(6);
  std::vector<double> x(64), g(64);
  for (double& v : x) v = simulated::awkward(2, 1e77, random);
  for (double& v : g) v = simulated::awkward(2, 1, random);
  simulated::Options o;
  o.weight = 1e-176;
  const Tensor w = Tensor::full(DType::float64, {1}, o.weight);
  BatchNormParameters parameters;
  parameters.weight = &w;
  BatchNormForward forward;
  BatchNormBackward backward;
  forward.run({x.data(), DType::float64, {64, 1}, nullptr}, parameters,
              uniform_profile(DType::float64));
  backward.run(forward, {g.data(), DType::float64, {64, 1}, nullptr});
  for (simulated::Order order : simulated::orders) {
    Style style;
    style.order = order;
    const auto seen = simulated::forward<double, double>(x, o, style);
    const auto gradient =
        simulated::backward<double>(x, g, seen.mean, seen.invstd, o.weight, true, style);
    const Comparison c = backward.compare_input_gradient(gradient.dx.data());
    EXPECT_EQ(c.outside, 0) << c.worst_ratio;
    EXPECT_EQ(c.elements(), 64);
    EXPECT_EQ(c.ill_conditioned, 0);
  }
}

}  // namespace
}  // namespace normdiff::reference
