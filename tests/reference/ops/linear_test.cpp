#include "reference/ops/linear.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "simulated.hpp"

namespace normdiff::reference {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

Tensor tensor(const Shape& shape, const std::vector<double>& v, DType dtype = DType::float64) {
  Tensor t(dtype, shape);
  for (std::size_t i = 0; i < v.size(); ++i) t.set(static_cast<std::int64_t>(i), v[i]);
  return t;
}

TEST(Linear, hand_calculation) {
  const Tensor x = tensor({2, 2}, {1, 2, 3, 4}), w = tensor({3, 2}, {1, 0, 0, 1, 1, 1}),
               b = tensor({3}, {10, 20, 30}), g = tensor({2, 3}, {1, 2, 3, 4, 5, 6});
  Bounded y, dx, dw, db;
  linear(x.values(), w, &b, uniform_profile(DType::float64), y);
  EXPECT_EQ(y.shape, (Shape{2, 3}));
  EXPECT_EQ(y.value, (std::vector<double>{11, 22, 33, 13, 24, 37}));
  linear_backward(x.values(), w, &b, g.values(), uniform_profile(DType::float64), &dx, &dw, &db);
  EXPECT_EQ(dx.value, (std::vector<double>{4, 5, 10, 11}));
  EXPECT_EQ(dw.value, (std::vector<double>{13, 18, 17, 24, 21, 30}));
  EXPECT_EQ(db.value, (std::vector<double>{5, 7, 9}));
  for (double bound : y.bound) EXPECT_LT(bound, 1e-13);
}

// https://docs.pytorch.org/docs/stable/generated/torch.addmm.html: what is added may be broadcast.
TEST(Linear, one_bias_does_for_every_output_and_for_none) {
  const Tensor x = tensor({2, 2}, {1, 2, 3, 4}), w = tensor({3, 2}, {1, 0, 0, 1, 1, 1}),
               b = tensor({1}, {10}), g = tensor({2, 3}, {1, 2, 3, 4, 5, 6});
  Bounded y, dx, dw, db;
  linear(x.values(), w, &b, uniform_profile(DType::float64), y);
  EXPECT_EQ(y.value, (std::vector<double>{11, 12, 13, 13, 14, 17}));
  linear_backward(x.values(), w, &b, g.values(), uniform_profile(DType::float64), &dx, &dw, &db);
  EXPECT_EQ(db.value, (std::vector<double>{21}));
  const Tensor none(DType::float64, {0, 2}), no_g(DType::float64, {2, 0});
  linear(x.values(), none, &b, uniform_profile(DType::float64), y);
  EXPECT_EQ(y.shape, (Shape{2, 0}));
  linear_backward(x.values(), none, &b, no_g.values(), uniform_profile(DType::float64), &dx, &dw,
                  &db);
  EXPECT_EQ(db.value, (std::vector<double>{0}));
}

TEST(Linear, leading_dimensions_are_rows_and_any_may_be_empty) {
  const Tensor w = tensor({3, 2}, {1, 0, 0, 1, 1, 1}), b = tensor({3}, {10, 20, 30});
  Bounded y, dx, dw, db;
  linear(Tensor(DType::float64, {4, 5, 2}).values(), w, nullptr, uniform_profile(DType::float64),
         y);
  EXPECT_EQ(y.shape, (Shape{4, 5, 3}));
  const Tensor empty(DType::float64, {0, 2}), g(DType::float64, {0, 3});
  linear(empty.values(), w, nullptr, uniform_profile(DType::float64), y);
  EXPECT_TRUE(y.value.empty());
  linear_backward(empty.values(), w, &b, g.values(), uniform_profile(DType::float64), &dx, &dw,
                  &db);
  EXPECT_TRUE(dx.value.empty());
  EXPECT_EQ(dw.value, std::vector<double>(6, 0));
  EXPECT_EQ(db.value, std::vector<double>(3, 0));
}

TEST(Linear, bound_holds_where_every_product_underflows) {
  // 30 products each rounded up to the smallest subnormal: more than the rounding of one result.
  const std::vector<float> x(30, 0.51F * 0x1p-74F);
  const Tensor w = Tensor::full(DType::float32, {1, 30}, 0x1p-75F);
  Bounded y;
  linear({x.data(), DType::float32, {1, 30}, nullptr}, w, nullptr, uniform_profile(DType::float32),
         y);
  const float seen = simulated::dot(x.data(), static_cast<const float*>(w.data()), 30, {});
  EXPECT_GT(seen, 0);
  EXPECT_EQ(compare(y, &seen, DType::float32).outside, 0);
}

TEST(Linear, carries_errors_forward_and_backward) {
  std::mt19937_64 random(31);
  double worst[4] = {};
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<double> x(12), g(6), x_error(12, 0.01), g_error(6, 0.02), w(8), moved_x(12),
        moved_g(6);
    for (double& v : w) v = simulated::awkward(0, 1, random);
    const double side = random() % 2 ? 1 : -1;
    for (std::size_t i = 0; i < 12; ++i) {
      x[i] = simulated::awkward(0, 1, random);
      moved_x[i] = x[i] + side * (w[i % 4] > 0 ? 0.01 : -0.01);
    }
    for (std::size_t i = 0; i < 6; ++i) {
      g[i] = simulated::awkward(0, 1, random);
      moved_g[i] = g[i] + side * (w[i % 2 * 4] > 0 ? 0.02 : -0.02);
    }
    const Tensor weight = tensor({2, 4}, w), bias = tensor({2}, {0, 0});
    const Shape shape{3, 4}, up{3, 2};
    Bounded known[4], seen[4];
    linear({x.data(), DType::float64, shape, x_error.data()}, weight, nullptr,
           uniform_profile(DType::float64), known[0]);
    linear({moved_x.data(), DType::float64, shape, nullptr}, weight, nullptr,
           uniform_profile(DType::float64), seen[0]);
    linear_backward({x.data(), DType::float64, shape, x_error.data()}, weight, &bias,
                    {g.data(), DType::float64, up, g_error.data()}, uniform_profile(DType::float64),
                    &known[1], &known[2], &known[3]);
    linear_backward({moved_x.data(), DType::float64, shape, nullptr}, weight, &bias,
                    {moved_g.data(), DType::float64, up, nullptr}, uniform_profile(DType::float64),
                    &seen[1], &seen[2], &seen[3]);
    for (std::size_t q = 0; q < 4; ++q) {
      const Comparison c = compare(known[q], seen[q].value.data(), DType::float64);
      EXPECT_EQ(c.outside, 0) << "quantity " << q << " ratio " << c.worst_ratio;
      worst[q] = std::max(worst[q], c.worst_ratio);
    }
  }
  for (double ratio : worst) EXPECT_GT(ratio, 0.5);
}

TEST(Linear, sees_a_forgotten_bias_and_a_transposed_weight) {
  const Tensor x = tensor({1, 2}, {1, 2}), w = tensor({2, 2}, {1, 2, 3, 4}),
               b = tensor({2}, {1e-9, 1});
  Bounded y;
  linear(x.values(), w, &b, uniform_profile(DType::float64), y);
  const double no_bias[] = {5, 11}, transposed[] = {7 + 1e-9, 11};
  EXPECT_EQ(compare(y, no_bias, DType::float64).outside, 2);
  EXPECT_EQ(compare(y, transposed, DType::float64).outside, 2);
}

TEST(Linear, what_is_not_finite_stays_so) {
  const Tensor w = tensor({1, 2}, {1, -1});
  const auto outcome = [&](double a, double b, double seen) {
    const Tensor x = tensor({1, 2}, {a, b});
    Bounded y;
    linear(x.values(), w, nullptr, uniform_profile(DType::float64), y);
    return compare(y, &seen, DType::float64);
  };
  EXPECT_EQ(outcome(nan, 1, nan).poisoned, 1);
  EXPECT_EQ(outcome(nan, 1, infinity).outside, 1);
  EXPECT_EQ(outcome(infinity, 1, infinity).poisoned, 1);
  EXPECT_EQ(outcome(infinity, 1, 1).outside, 1);
  EXPECT_EQ(outcome(infinity, infinity, nan).poisoned, 1);
  // At the edge of the range: finite or infinite by the order.
  const double big = 1.7e308;
  EXPECT_EQ(outcome(big, -big, infinity).ill_conditioned, 1);
  EXPECT_EQ(outcome(big, -big, nan).ill_conditioned, 1);
}

TEST(Linear, an_unknown_input_makes_the_output_unknown) {
  const std::vector<double> x = {1, 2}, error = {0, nan};
  const Tensor w = tensor({1, 2}, {1, 1});
  Bounded y;
  linear({x.data(), DType::float64, {1, 2}, error.data()}, w, nullptr,
         uniform_profile(DType::float64), y);
  EXPECT_LT(y.bound[0], 0);
}

}  // namespace
}  // namespace normdiff::reference
