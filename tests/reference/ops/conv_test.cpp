#include "reference/ops/conv.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "simulated.hpp"

namespace normdiff::reference {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

Tensor tensor(const Shape& shape, const std::vector<double>& v) {
  Tensor t(DType::float64, shape);
  for (std::size_t i = 0; i < v.size(); ++i) t.set(static_cast<std::int64_t>(i), v[i]);
  return t;
}

Tensor noise(const Shape& shape, std::mt19937_64& random) {
  Tensor t(DType::float64, shape);
  for (std::int64_t i = 0; i < t.numel(); ++i) t.set(i, simulated::awkward(0, 1, random));
  return t;
}

TEST(Conv, hand_calculation) {
  const Tensor x = tensor({1, 1, 3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9}),
               w = tensor({1, 1, 2, 2}, {1, 0, 0, -1}), b = tensor({1}, {100});
  Bounded y;
  conv(x.values(), w, &b, {1, 0, 1}, uniform_profile(DType::float64), y);
  EXPECT_EQ(y.shape, (Shape{1, 1, 2, 2}));
  EXPECT_EQ(y.value, (std::vector<double>{96, 96, 96, 96}));
  conv(x.values(), w, nullptr, {1, 1, 1}, uniform_profile(DType::float64), y);
  EXPECT_EQ(y.shape, (Shape{1, 1, 4, 4}));
  EXPECT_EQ(y.value,
            (std::vector<double>{-1, -2, -3, 0, -4, -4, -4, 3, -7, -4, -4, 6, 0, 7, 8, 9}));
  conv(x.values(), w, nullptr, {2, 1, 1}, uniform_profile(DType::float64), y);
  EXPECT_EQ(y.value, (std::vector<double>{-1, -3, -7, -4}));
}

TEST(Conv, backward_hand_calculation) {
  const Tensor x = tensor({1, 1, 2, 2}, {1, 2, 3, 4}), w = tensor({1, 1, 2, 2}, {5, 6, 7, 8}),
               g = tensor({1, 1, 1, 1}, {10});
  Bounded dx, dw, db;
  conv_backward(x.values(), w, g.values(), {1, 0, 1}, uniform_profile(DType::float64), &dx, &dw,
                &db);
  EXPECT_EQ(dx.value, (std::vector<double>{50, 60, 70, 80}));
  EXPECT_EQ(dw.value, (std::vector<double>{10, 20, 30, 40}));
  EXPECT_EQ(db.value, std::vector<double>{10});
}

TEST(Conv, gradients_are_the_adjoint_of_the_forward) {
  // sum g conv(x, w) is linear in x and in w: its gradients, held against the forward.
  std::mt19937_64 random(1);
  for (std::int64_t stride : {1, 2, 3}) {
    for (std::int64_t padding : {0, 1, 2}) {
      const Tensor x = noise({2, 3, 5, 6}, random), w = noise({4, 3, 3, 3}, random);
      Bounded y, dx, dw, db;
      conv(x.values(), w, nullptr, {stride, padding, 1}, uniform_profile(DType::float64), y);
      const Tensor g = noise(y.shape, random);
      conv_backward(x.values(), w, g.values(), {stride, padding, 1},
                    uniform_profile(DType::float64), &dx, &dw, &db);
      EXPECT_EQ(dx.shape, x.shape());
      EXPECT_EQ(dw.shape, w.shape());
      const Tensor dx_way = noise(x.shape(), random), dw_way = noise(w.shape(), random);
      Bounded moved_x, moved_w;
      conv(dx_way.values(), w, nullptr, {stride, padding, 1}, uniform_profile(DType::float64),
           moved_x);
      conv(x.values(), dw_way, nullptr, {stride, padding, 1}, uniform_profile(DType::float64),
           moved_w);
      const auto dot = [](const std::vector<double>& a, const Tensor& b) {
        double sum = 0;
        for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b.at(static_cast<std::int64_t>(i));
        return sum;
      };
      EXPECT_NEAR(dot(moved_x.value, g), dot(dx.value, dx_way), 1e-11);
      EXPECT_NEAR(dot(moved_w.value, g), dot(dw.value, dw_way), 1e-11);
      double all = 0, bias = 0;
      for (std::int64_t i = 0; i < g.numel(); ++i) all += g.at(i);
      for (double v : db.value) bias += v;
      EXPECT_NEAR(all, bias, 1e-12);
    }
  }
}

TEST(Conv, carries_errors_forward_and_backward) {
  std::mt19937_64 random(3);
  double worst[4] = {};
  for (int trial = 0; trial < 200; ++trial) {
    const Tensor x = noise({1, 2, 3, 3}, random), w = noise({2, 2, 3, 3}, random),
                 g = noise({1, 2, 3, 3}, random);
    Tensor moved_x = x.clone(), moved_g = g.clone();
    const std::vector<double> x_error(18, 0.01), g_error(18, 0.02);
    const bool aligned = trial % 2 == 0;
    for (std::int64_t i = 0; i < 18; ++i) {
      moved_x.set(i, x.at(i) + (aligned || random() % 2 ? 0.01 : -0.01));
      moved_g.set(i, g.at(i) + (aligned || random() % 2 ? 0.02 : -0.02));
    }
    Values known_x = x.values(), known_g = g.values();
    known_x.error = x_error.data();
    known_g.error = g_error.data();
    Bounded known[4], seen[4];
    conv(known_x, w, nullptr, {1, 1, 1}, uniform_profile(DType::float64), known[0]);
    conv(moved_x.values(), w, nullptr, {1, 1, 1}, uniform_profile(DType::float64), seen[0]);
    conv_backward(known_x, w, known_g, {1, 1, 1}, uniform_profile(DType::float64), &known[1],
                  &known[2], &known[3]);
    conv_backward(moved_x.values(), w, moved_g.values(), {1, 1, 1}, uniform_profile(DType::float64),
                  &seen[1], &seen[2], &seen[3]);
    for (std::size_t q = 0; q < 4; ++q) {
      const Comparison c = compare(known[q], seen[q].value.data(), DType::float64);
      EXPECT_EQ(c.outside, 0) << "quantity " << q;
      worst[q] = std::max(worst[q], c.worst_ratio);
    }
  }
  for (double ratio : worst) EXPECT_GT(ratio, 0.5);
}

TEST(Conv, sees_a_flipped_kernel_and_padding_with_something_else) {
  const Tensor x = tensor({1, 1, 2, 2}, {1, 2, 3, 4}), w = tensor({1, 1, 2, 2}, {1, 2, 3, 4}),
               flipped = tensor({1, 1, 2, 2}, {4, 3, 2, 1});
  Bounded y, wrong;
  conv(x.values(), w, nullptr, {1, 0, 1}, uniform_profile(DType::float64), y);
  conv(x.values(), flipped, nullptr, {1, 0, 1}, uniform_profile(DType::float64), wrong);
  EXPECT_EQ(compare(y, wrong.value.data(), DType::float64).outside, 1);
  conv(x.values(), w, nullptr, {1, 1, 1}, uniform_profile(DType::float64), y);
  std::vector<double> edge = y.value;
  edge[0] = 1 * (1 + 2 + 3 + 4);  // the edge repeated
  EXPECT_EQ(compare(y, edge.data(), DType::float64).outside, 1);
}

TEST(Conv, a_nan_reaches_what_reads_it_and_nothing_else) {
  const Tensor x = tensor({1, 1, 1, 4}, {nan, 1, 1, 1}), w = tensor({1, 1, 1, 2}, {1, 1});
  Bounded y;
  conv(x.values(), w, nullptr, {1, 0, 1}, uniform_profile(DType::float64), y);
  const double right[] = {nan, 2, 2}, wrong[] = {2, 2, 2};
  EXPECT_EQ(compare(y, right, DType::float64).outside, 0);
  EXPECT_EQ(compare(y, wrong, DType::float64).outside, 1);
}

TEST(Conv, an_infinite_weight_over_padding_may_or_may_not_be_multiplied) {
  const Tensor x = tensor({1, 1, 1, 1}, {2}),
               w = tensor({1, 1, 3, 3}, {infinity, 0, 0, 0, 1, 0, 0, 0, 0});
  Bounded y;
  conv(x.values(), w, nullptr, {1, 1, 1}, uniform_profile(DType::float64), y);
  for (double seen : {2.0, nan}) EXPECT_EQ(compare(y, &seen, DType::float64).outside, 0);
}

TEST(Conv, an_empty_batch) {
  const Tensor x(DType::float32, {0, 2, 4, 4}), g(DType::float32, {0, 3, 4, 4}),
      w(DType::float32, {3, 2, 3, 3});
  Bounded y, dx, dw, db;
  conv(x.values(), w, nullptr, {1, 1, 1}, uniform_profile(DType::float32), y);
  EXPECT_EQ(y.shape, (Shape{0, 3, 4, 4}));
  conv_backward(x.values(), w, g.values(), {1, 1, 1}, uniform_profile(DType::float32), &dx, &dw,
                &db);
  EXPECT_TRUE(dx.value.empty());
  EXPECT_EQ(dw.value, std::vector<double>(54, 0));
  EXPECT_EQ(db.value, std::vector<double>(3, 0));
}

}  // namespace
}  // namespace normdiff::reference
