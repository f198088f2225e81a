#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "bound_trials.hpp"

// The bounds where inputs and upstream gradients are themselves known to within bounds only.
namespace normdiff::reference {
namespace {

using simulated::Style;

/// Inputs and upstream gradients known to within something: the implementation has others.
template <class T, class A>
Worst inexact_trials(const Profile& profile, bool training, int count) {
  std::mt19937_64 random(77);
  std::uniform_real_distribution<double> unit(-1, 1);
  Worst worst;
  BatchNormForward forward;
  BatchNormBackward backward;
  Bounded out;
  for (int trial = 0; trial < count; ++trial) {
    const std::size_t n = 2 + random() % 40;
    const double size = std::pow(10, -1 - static_cast<double>(random() % 4));
    const int kind = static_cast<int>(random() % 6);
    std::vector<T> x(n), g(n);
    std::vector<double> known_x(n), known_g(n), x_error(n), g_error(n);
    // Worst cases are extreme and aligned: all errors of one sign, or of that of x or g.
    const int alignment = static_cast<int>(random() % 4);
    for (std::size_t i = 0; i < n; ++i) {
      known_x[i] = simulated::awkward(kind, 1, random);
      known_g[i] = simulated::awkward(0, 1, random);
      x_error[i] = size * std::fabs(unit(random));
      g_error[i] = size * std::fabs(unit(random));
      const double push = alignment == 0   ? unit(random)
                          : alignment == 1 ? 1
                          : alignment == 2 ? (known_x[i] > 0 ? 1 : -1)
                                           : (known_g[i] > 0 ? 1 : -1);
      x[i] = static_cast<T>(known_x[i] + push * 0.999 * x_error[i]);
      g[i] = static_cast<T>(known_g[i] + push * 0.999 * g_error[i]);
      x_error[i] = std::max(x_error[i], std::fabs(static_cast<double>(x[i]) - known_x[i]));
      g_error[i] = std::max(g_error[i], std::fabs(static_cast<double>(g[i]) - known_g[i]));
    }
    if (trial % 3 == 0) {  // x alone
      for (std::size_t i = 0; i < n; ++i) known_g[i] = g[i], g_error[i] = 0;
    } else if (trial % 3 == 1) {  // upstream alone
      for (std::size_t i = 0; i < n; ++i) known_x[i] = x[i], x_error[i] = 0;
    }
    simulated::Options o;
    o.weight = 1.5;
    o.bias = 0.25;
    o.running_mean = 0.5;
    const Tensor w = Tensor::full(dtype<T>, {1}, o.weight), b = Tensor::full(dtype<T>, {1}, o.bias),
                 rm = Tensor::full(dtype<T>, {1}, o.running_mean),
                 rv = Tensor::full(dtype<T>, {1}, o.running_var);
    const auto index = static_cast<std::int64_t>(n);
    BatchNormParameters parameters{&w, &b, &rm, &rv, training, o.eps};
    forward.run({known_x.data(), DType::float64, {index, 1}, x_error.data()}, parameters, profile);
    auto seen = simulated::forward<T, A>(x, o, {});
    const std::string what = "trial " + std::to_string(trial);
    if (!training) {
      seen.mean = static_cast<T>(o.running_mean);
      seen.invstd = 1 / std::sqrt(static_cast<T>(o.running_var) + static_cast<T>(o.eps));
      for (std::size_t i = 0; i < n; ++i)
        seen.y[i] = (x[i] - seen.mean) * seen.invstd * T(1.5) + T(0.25);
    }
    expect_inside(forward.compare_output(seen.y.data()), worst.y, what + " y");
    if (training) {
      forward.update_running_mean(rm, o.momentum, out);
      expect_inside(compare(out, &seen.running_mean, dtype<T>), worst.running_mean, what + " rm");
      forward.update_running_var(rv, o.momentum, out);
      expect_inside(compare(out, &seen.running_var, dtype<T>), worst.running_var, what + " rv");
    }
    backward.run(forward, {known_g.data(), DType::float64, {index, 1}, g_error.data()});
    const auto gradient =
        simulated::backward<T>(x, g, seen.mean, seen.invstd, T(1.5), training, Style{});
    expect_inside(backward.compare_input_gradient(gradient.dx.data()), worst.dx, what + " dx");
    backward.weight_gradient(out);
    expect_inside(compare(out, &gradient.dw, dtype<T>), worst.dw, what + " dw");
    backward.bias_gradient(out);
    expect_inside(compare(out, &gradient.db, dtype<T>), worst.db, what + " db");
    if (testing::Test::HasFatalFailure()) return worst;
  }
  return worst;
}

TEST(BatchNormBounds, carry_the_errors_of_inputs_and_upstream_gradients) {
  expect_tight(inexact_trials<double, double>(uniform_profile(DType::float64), true, 4000),
               {0.98, 1.00, 1.00, 0.97, 1.00, 1.00});
  expect_tight(inexact_trials<float, float>(uniform_profile(DType::float32), true, 4000),
               {0.98, 1.00, 1.00, 0.95, 1.00, 1.00});
}

TEST(BatchNormBounds, carry_errors_in_eval_mode) {
  expect_tight(inexact_trials<double, double>(uniform_profile(DType::float64), false, 2000),
               {1.00, 0, 0, 1.00, 1.00, 1.00});
}

}  // namespace
}  // namespace normdiff::reference
