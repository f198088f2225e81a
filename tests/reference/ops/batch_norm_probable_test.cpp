#include <gtest/gtest.h>

#include <string>

#include "bound_trials.hpp"
#include "reference/numeric/limits.hpp"

// How often right implementations are outside the probable bounds, and how near they come: all
// orders of summation, two passes, Welford and Chan, forward and backward, on data drawn by rules.
namespace normdiff::reference {
namespace {

using simulated::Style;
using simulated::Variance;

struct Rate {
  std::int64_t outside = 0;
  std::int64_t elements = 0;
  double largest = 0;  ///< error / bound

  void add(const Comparison& c) {
    outside += c.outside;
    elements += c.elements();
    largest = std::max(largest, c.worst_ratio);
  }
};

struct Rates {
  Rate y, running_mean, running_var, dx, dw, db;
};

template <class T>
Rates trials(int count) {
  std::mt19937_64 random(20261130);
  std::normal_distribution<double> normal;
  const Profile profile = probable(unknown_profile(dtype<T>));
  BatchNormForward forward;
  BatchNormBackward backward;
  Bounded out;
  Rates rates;
  for (int trial = 0; trial < count; ++trial) {
    const std::size_t sizes[] = {20, 64, 200, 333, 1024, 4096};
    const std::size_t n = sizes[random() % 6];
    Style style;
    style.order = simulated::orders[random() % 5];
    style.fused = random() % 2;
    style.affine = random() % 2;
    style.variance = static_cast<Variance>(random() % 3);
    simulated::Options o;
    o.weight = static_cast<T>(1.5 * normal(random));
    o.bias = static_cast<T>(normal(random));
    const double ratios[] = {0, 1, 10, 100, 1000};
    const double ratio = ratios[random() % 5];
    std::vector<T> x(n), g(n);
    for (T& v : x) v = static_cast<T>(ratio + normal(random));
    for (T& v : g) v = static_cast<T>(normal(random));
    const auto scalar = [](double v) { return Tensor::full(dtype<T>, {1}, v); };
    const Tensor w = scalar(o.weight), b = scalar(o.bias), rm = scalar(o.running_mean),
                 rv = scalar(o.running_var);
    BatchNormParameters parameters;
    parameters.weight = &w;
    parameters.bias = &b;
    const Values values{x.data(), dtype<T>, shape_of(n), nullptr};
    forward.run(values, parameters, profile);
    const auto seen = simulated::forward<T, T>(x, o, style);
    rates.y.add(forward.compare_output(seen.y.data()));
    forward.update_running_mean(rm, o.momentum, out);
    rates.running_mean.add(compare(out, &seen.running_mean, dtype<T>));
    forward.update_running_var(rv, o.momentum, out);
    rates.running_var.add(compare(out, &seen.running_var, dtype<T>));
    backward.run(forward, {g.data(), dtype<T>, values.shape, nullptr});
    const auto gradient =
        simulated::backward<T>(x, g, seen.mean, seen.invstd, static_cast<T>(o.weight), true, style);
    rates.dx.add(backward.compare_input_gradient(gradient.dx.data()));
    backward.weight_gradient(out);
    rates.dw.add(compare(out, &gradient.dw, dtype<T>));
    backward.bias_gradient(out);
    rates.db.add(compare(out, &gradient.db, dtype<T>));
  }
  return rates;
}

template <class T>
void expect_rare_and_near() {
  const Rates rates = trials<T>(1500);
  const auto expect = [](const char* what, const Rate& rate, double near) {
    EXPECT_EQ(rate.outside, 0) << what << ", of " << rate.elements;
    EXPECT_GE(rate.largest, near) << what;
    testing::Test::RecordProperty(std::string(what) + " ratio", std::to_string(rate.largest));
  };
  expect("y", rates.y, 0.13);
  expect("running mean", rates.running_mean, 0.07);
  expect("running variance", rates.running_var, 0.03);
  expect("dx", rates.dx, 0.04);
  expect("dw", rates.dw, 0.03);
  expect("db", rates.db, 0.027);
}

TEST(ProbableBounds, NoRightImplementationIsOutside_float32) {
  expect_rare_and_near<float>();
}
TEST(ProbableBounds, NoRightImplementationIsOutside_float64) {
  expect_rare_and_near<double>();
}

TEST(ProbableBounds, DataWithAPatternMayBeOutside) {
  // The roundings of 1 followed by halves of its unit in the last place all have one sign.
  std::vector<float> x(4096, 0x1p-24F);
  x[0] = 1;
  const auto seen = simulated::forward<float, float>(x, {.momentum = 1}, {});
  const Tensor old = Tensor::full(DType::float32, {1}, 0);
  BatchNormForward forward;
  Bounded mean;
  const auto is_outside = [&](const Profile& profile) {
    forward.run({x.data(), DType::float32, shape_of(x.size()), nullptr}, {}, profile);
    forward.update_running_mean(old, 1, mean);
    return compare(mean, &seen.running_mean, DType::float32).outside > 0;
  };
  EXPECT_FALSE(is_outside(unknown_profile(DType::float32)));
  EXPECT_TRUE(is_outside(probable(unknown_profile(DType::float32))));
}

TEST(ProbableBounds, ShortSumsHaveTheProvenBound) {
  for (const double k : {1.0, 8.0, 24.0, 35.0})
    EXPECT_EQ(sum_error(k, 0x1p-24, 6), gamma_of(k, 0x1p-24));
  EXPECT_LT(sum_error(40, 0x1p-24, 6), gamma_of(40, 0x1p-24));
  EXPECT_DOUBLE_EQ(sum_error(10000, 0x1p-24, 6), 600 * 0x1p-24);
}

}  // namespace
}  // namespace normdiff::reference
