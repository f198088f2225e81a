#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "reference/ops/conv.hpp"
#include "reference/ops/linear.hpp"
#include "simulated_products.hpp"

// Convolutions and linear layers: every order of summation is within the bounds, and comes near.
namespace normdiff::reference {
namespace {

using simulated::Convolution;
using simulated::Style;

/// Of the output and of the gradients of input, weight and bias.
template <class V>
struct Quantities {
  V y, dx, dw, db;
};

template <class T>
constexpr DType dtype = std::is_same_v<T, float> ? DType::float32 : DType::float64;

template <class T>
Profile plain_profile() {
  return dtype<T> == DType::float32 ? uniform_profile(DType::float32)
                                    : uniform_profile(DType::float64);
}

template <class T>
Tensor tensor(const Shape& shape, const std::vector<T>& v) {
  Tensor t(dtype<T>, shape);
  for (std::size_t i = 0; i < v.size(); ++i) t.set(static_cast<std::int64_t>(i), v[i]);
  return t;
}

/// Both operations by the same sizes: a linear layer where the images are points.
template <class T>
Quantities<Bounded> expected_of(const Convolution& c, bool is_linear, const std::vector<T>& x,
                                const std::vector<T>& w, const std::vector<T>& bias,
                                const std::vector<T>& g) {
  const Profile profile = plain_profile<T>();
  const Tensor b =
      tensor<T>({c.outputs}, bias.empty() ? std::vector<T>(Convolution::count(c.outputs)) : bias);
  const Tensor* used = bias.empty() ? nullptr : &b;
  Quantities<Bounded> e;
  if (is_linear) {
    const Tensor weight = tensor<T>({c.outputs, c.inputs}, w);
    const Values in{x.data(), dtype<T>, {c.batch, c.inputs}, nullptr};
    const Values up{g.data(), dtype<T>, {c.batch, c.outputs}, nullptr};
    linear(in, weight, used, profile, e.y);
    linear_backward(in, weight, &b, up, profile, &e.dx, &e.dw, &e.db);
  } else {
    Shape weights{c.outputs, c.inputs / c.groups}, images{c.batch, c.inputs};
    Shape outs{c.batch, c.outputs};
    for (auto d = static_cast<std::size_t>(3 - c.dims); d < 3; ++d) {
      weights.push_back(c.kernel);
      images.push_back(c.sizes()[d]);
      outs.push_back(c.windows()[d]);
    }
    const Tensor weight = tensor<T>(weights, w);
    const Values in{x.data(), dtype<T>, images, nullptr};
    const Values up{g.data(), dtype<T>, outs, nullptr};
    const Windows windows{c.stride, c.padding, c.groups};
    conv(in, weight, used, windows, profile, e.y);
    conv_backward(in, weight, up, windows, profile, &e.dx, &e.dw, &e.db);
  }
  return e;
}

/// Of one of the awkward kinds, or all equal: then the roundings of a sum have one sign.
template <class T>
std::vector<T> data(std::size_t n, double scale, std::mt19937_64& random) {
  const auto kind = static_cast<int>(random() % 9);
  std::vector<T> v(n);
  for (T& e : v) e = static_cast<T>(simulated::awkward(kind, scale, random));
  if (kind > 5) std::fill(v.begin(), v.end(), v.front());
  return v;
}

/// What the headers promise: gam sum|a||b| + u|y| + eta, gam = (K+2)u / (1 - (K+2)u), K products,
/// bias and padding included; K/8 more eta, as each of them may underflow.
template <class T>
double promised(double k, const simulated::Products<T>& products, double value) {
  const double u = dtype<T> == DType::float32 ? 0x1p-24 : 0x1p-53, steps = (k + 2) * u;
  double size = 0;
  for (std::size_t i = 0; i < products.a.size(); ++i)
    size += std::fabs(static_cast<double>(products.a[i]) * products.b[i]);
  return steps / (1 - steps) * size + u * std::fabs(value) +
         (k / 8 + 1) * 4 * std::numeric_limits<T>::denorm_min();
}

/// An operation by its number of dimensions; a linear layer has none.
struct Operation {
  int dims;
  bool grouped = false;
};

/// `scale`: of everything.
template <class T>
Quantities<double> trials(Operation operation, double scale, int count) {
  const bool is_linear = operation.dims == 0;
  std::mt19937_64 random(20260202);
  const auto up_to = [&random](std::int64_t most) {
    return 1 + static_cast<std::int64_t>(random() % static_cast<unsigned>(most));
  };
  Quantities<double> worst{};
  for (int trial = 0; trial < count; ++trial) {
    Convolution c;
    c.batch = up_to(is_linear ? 24 : 4);
    c.inputs = up_to(is_linear ? 24 : 4);
    c.outputs = up_to(is_linear ? 24 : 4);
    if (!is_linear) {
      c.dims = operation.dims;
      c.kernel = up_to(3);
      if (c.dims > 2) c.depth = c.kernel + up_to(2) - 1;
      if (c.dims > 1) c.height = c.kernel + up_to(4) - 1;
      c.width = c.kernel + up_to(4) - 1;
      c.stride = up_to(2);
      c.padding = up_to(3) - 1;
    }
    if (operation.grouped) {
      c.groups = up_to(3);
      c.inputs *= c.groups;
      c.outputs *= c.groups;
    }
    const auto x = data<T>(c.x_size(), scale, random), w = data<T>(c.w_size(), scale, random),
               g = data<T>(c.y_size(), scale, random);
    std::vector<T> bias;
    if (random() % 2) bias = data<T>(Convolution::count(c.outputs), scale * scale, random);
    Style style;
    style.order = simulated::orders[random() % 5];
    style.fused = random() % 2;
    const auto terms = simulated::terms_of(c, x, w, bias, random() % 2, g);
    const Quantities<Bounded> expected = expected_of(c, is_linear, x, w, bias, g);
    const auto check = [&](const Bounded& e, const auto& products, std::int64_t k, double& largest,
                           const char* what) {
      const auto seen = simulated::summed(products, style);
      const Comparison r = compare(e, seen.data(), dtype<T>);
      EXPECT_EQ(r.elements(), static_cast<std::int64_t>(seen.size()));
      EXPECT_EQ(r.outside, 0) << "trial " << trial << " " << what << ": " << r.worst_observed
                              << ", expected " << r.worst_expected << " +- " << r.worst_bound;
      largest = std::max(largest, r.worst_ratio);
      // The reference adds its own rounding, and that of storing a long double.
      const double value = e.value.front();
      const double bound = promised(static_cast<double>(k), products.front(), value);
      EXPECT_GE(e.bound.front(), bound * (1 - 1e-12)) << "trial " << trial << " " << what;
      EXPECT_LE(e.bound.front(), bound * (1 + 0x1p-9) + 0x1p-53 * std::fabs(value) + 1e-323)
          << "trial " << trial << " " << what;
    };
    const std::int64_t volume = Convolution::volume(c.kernels()),
                       outs = c.batch * Convolution::volume(c.windows());
    check(expected.y, terms.y, c.inputs / c.groups * volume + (bias.empty() ? 0 : 1), worst.y, "y");
    check(expected.dx, terms.dx, c.outputs / c.groups * volume, worst.dx, "dx");
    check(expected.dw, terms.dw, outs, worst.dw, "dw");
    check(expected.db, terms.db, outs, worst.db, "db");
  }
  return worst;
}

/// `measured`: the largest error/bound when this was written. A bound half as wide again shows.
void expect_tight(const Quantities<double>& largest, const Quantities<double>& measured) {
  EXPECT_GE(largest.y, 0.7 * measured.y);
  EXPECT_GE(largest.dx, 0.7 * measured.dx);
  EXPECT_GE(largest.dw, 0.7 * measured.dw);
  EXPECT_GE(largest.db, 0.7 * measured.db);
}

TEST(ProductSum, conv1d) {
  expect_tight(trials<float>({1}, 1, 600), {0.36, 0.31, 0.34, 0.25});
  expect_tight(trials<double>({1}, 1, 600), {0.31, 0.32, 0.33, 0.28});
}
TEST(ProductSum, conv2d) {
  expect_tight(trials<float>({2}, 1, 600), {0.34, 0.35, 0.37, 0.23});
  expect_tight(trials<double>({2}, 1, 600), {0.33, 0.33, 0.33, 0.23});
}
TEST(ProductSum, conv3d) {
  expect_tight(trials<float>({3}, 1, 60), {0.30, 0.33, 0.27, 0.22});
  expect_tight(trials<double>({3}, 1, 60), {0.31, 0.32, 0.30, 0.20});
}
TEST(ProductSum, conv_in_groups) {
  expect_tight(trials<float>({1, true}, 1, 300), {0.31, 0.31, 0.27, 0.22});
  expect_tight(trials<double>({2, true}, 1, 300), {0.33, 0.34, 0.32, 0.24});
}
TEST(ProductSum, linear) {
  expect_tight(trials<float>({0}, 1, 300), {0.34, 0.30, 0.36, 0.22});
  expect_tight(trials<double>({0}, 1, 300), {0.33, 0.37, 0.33, 0.27});
}
TEST(ProductSum, where_products_are_subnormal) {
  expect_tight(trials<float>({2}, 1e-21, 300), {0.62, 0.39, 0.59, 0.23});
  expect_tight(trials<double>({2}, 1e-160, 300), {0.70, 0.68, 0.63, 0.23});
  expect_tight(trials<float>({0}, 1e-21, 100), {0.65, 0.53, 0.40, 0.26});
  expect_tight(trials<double>({0}, 1e-160, 100), {0.57, 0.60, 0.54, 0.21});
}

}  // namespace
}  // namespace normdiff::reference
