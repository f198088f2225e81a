#include "reference/ops/relu.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace normdiff::reference {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

Values values(const std::vector<double>& x, const std::vector<double>* error = nullptr) {
  return {x.data(),
          DType::float64,
          {static_cast<std::int64_t>(x.size())},
          error == nullptr ? nullptr : error->data()};
}

TEST(Relu, is_exact_where_its_input_is) {
  Bounded y;
  relu(values({-1, -0.0, 0, 2, -infinity, infinity, nan}), y);
  const std::vector<double> right = {0, 0, 0, 2, 0, infinity, nan};
  EXPECT_EQ(compare(y, right.data(), DType::float64).equal, 7);
  for (double bound : y.bound) EXPECT_EQ(bound, 0);
}

TEST(Relu, sees_a_leaky_one_and_one_that_drops_nan) {
  Bounded y;
  relu(values({-1, nan}), y);
  const std::vector<double> leaky = {-0.01, 0};
  EXPECT_EQ(compare(y, leaky.data(), DType::float64).outside, 2);
}

TEST(Relu, carries_the_error_of_its_input_as_far_as_it_shows) {
  const std::vector<double> x = {-3, -0.5, 0.5, 3}, error = {1, 1, 1, 1};
  Bounded y;
  relu(values(x, &error), y);
  EXPECT_EQ(y.value, (std::vector<double>{0, 0, 0.5, 3}));
  EXPECT_EQ(y.bound, (std::vector<double>{0, 0.5, 1, 1}));
}

TEST(Relu, an_input_known_by_its_class_gives_an_output_known_by_its_class) {
  const std::vector<double> x = {1, nan, infinity, nan, 1}, error = {nan, nan, nan, infinity, -1};
  Bounded y;
  relu(values(x, &error), y);
  EXPECT_TRUE(std::isnan(y.bound[0]));
  EXPECT_TRUE(std::isnan(y.bound[1]));
  for (std::size_t i : {2U, 3U, 4U}) EXPECT_LT(y.bound[i], 0);  // -infinity would become 0
}

TEST(ReluBackward, passes_the_upstream_gradient_where_x_is_positive) {
  const std::vector<double> x = {-1, 0, 1}, g = {5, 6, 7};
  Bounded out;
  relu_backward(values(x), values(g), out);
  EXPECT_EQ(out.value, (std::vector<double>{0, 0, 7}));
  EXPECT_EQ(out.bound, (std::vector<double>{0, 0, 0}));
  const std::vector<double> at_zero = {0, 6, 7};
  EXPECT_EQ(compare(out, at_zero.data(), DType::float64).outside, 1);
}

TEST(ReluBackward, either_answer_is_right_where_the_sign_is_not_known) {
  const std::vector<double> x = {-0.5, 0.5, 3, -3}, error = {1, 1, 1, 1};
  const std::vector<double> g = {5, 6, 7, 8}, g_error = {0.25, 0.25, 0.25, 0.25};
  Bounded out;
  relu_backward(values(x, &error), values(g, &g_error), out);
  const std::vector<double> passed = {5.25, 6.25, 7.25, 0}, stopped = {0, 0, 6.75, 0},
                            wrong = {5.5, 12.5, 0, 8};
  EXPECT_EQ(compare(out, passed.data(), DType::float64).outside, 0);
  EXPECT_EQ(compare(out, stopped.data(), DType::float64).outside, 0);
  EXPECT_EQ(compare(out, wrong.data(), DType::float64).outside, 4);
}

TEST(ReluBackward, nothing_beyond_either_answer_is_right) {
  const std::vector<double> x = {-0.5, 0.5, nan}, error = {1, 1, 0}, g = {5, 6, -7};
  Bounded out;
  relu_backward(values(x, &error), values(g), out);
  const std::vector<double> stopped(3, 0.0), beyond = {-5, 12, 7}, further = {5.1, -0.1, -7.1};
  EXPECT_EQ(compare(out, g.data(), DType::float64).outside, 0);
  EXPECT_EQ(compare(out, stopped.data(), DType::float64).outside, 0);
  EXPECT_EQ(compare(out, beyond.data(), DType::float64).outside, 3);
  EXPECT_EQ(compare(out, further.data(), DType::float64).outside, 3);
}

TEST(ReluBackward, the_smallest_gradient_has_no_half) {
  const std::vector<double> x = {0.5}, error = {1}, g = {5e-324}, stopped = {0};
  Bounded out;
  relu_backward(values(x, &error), values(g), out);
  EXPECT_EQ(compare(out, g.data(), DType::float64).outside, 0);
  EXPECT_EQ(compare(out, stopped.data(), DType::float64).outside, 0);
}

}  // namespace
}  // namespace normdiff::reference
