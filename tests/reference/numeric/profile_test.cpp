#include "reference/numeric/profile.hpp"

#include <gtest/gtest.h>

#include <tuple>

namespace normdiff::reference {
namespace {

bool accumulates_in_float64(const Shape& shape, Layout layout) {
  return libtorch_cpu_profile(DType::float32, shape, layout).ua == 0x1p-53;
}

TEST(Profile, float64_is_the_same_in_every_layout) {
  for (Layout layout : {Layout::contiguous, Layout::channels_last, Layout::strided}) {
    const Profile p = libtorch_cpu_profile(DType::float64, {2, 3, 4, 4}, layout);
    EXPECT_EQ(p.dtype, DType::float64);
    for (double unit : {p.u, p.ua, p.ub, p.us, p.uo}) EXPECT_EQ(unit, 0x1p-53);
    EXPECT_FALSE(p.welford);
  }
}

TEST(Profile, contiguous_float32_accumulates_statistics_in_float64) {
  const Profile p = libtorch_cpu_profile(DType::float32, {2, 3, 4, 4}, Layout::contiguous);
  EXPECT_EQ(p.ua, 0x1p-53);
  for (double unit : {p.u, p.ub, p.us, p.uo}) EXPECT_EQ(unit, 0x1p-24);
  EXPECT_TRUE(accumulates_in_float64({2, 3, 4}, Layout::contiguous));
  EXPECT_TRUE(accumulates_in_float64({1, 3, 4}, Layout::contiguous));
}

TEST(Profile, other_layouts_accumulate_in_float32) {
  EXPECT_FALSE(accumulates_in_float64({2, 3, 4, 4}, Layout::channels_last));
  EXPECT_FALSE(accumulates_in_float64({2, 3, 4, 4}, Layout::strided));
  for (Shape one_element : {Shape{2, 3}, Shape{2, 3, 1}, Shape{2, 3, 1, 1}})
    EXPECT_FALSE(accumulates_in_float64(one_element, Layout::contiguous));
}

TEST(Profile, a_shape_that_is_in_both_layouts_gets_the_looser) {
  EXPECT_FALSE(accumulates_in_float64({2, 1, 4, 4}, Layout::contiguous));
}

TEST(Profile, only_an_unknown_implementation_may_use_welford) {
  EXPECT_TRUE(unknown_profile(DType::float32).welford);
  EXPECT_TRUE(unknown_profile(DType::float64).welford);
  EXPECT_FALSE(uniform_profile(DType::float32).welford);
  EXPECT_EQ(unknown_profile(DType::float32).ua, uniform_profile(DType::float32).ua);
}

TEST(Profile, a_probable_one_has_the_same_arithmetic) {
  Profile p = probable(unknown_profile(DType::float32));
  EXPECT_GT(p.lambda, 0);
  p.lambda = 0;
  const Profile q = unknown_profile(DType::float32);
  EXPECT_EQ(std::tuple(p.dtype, p.u, p.ua, p.ub, p.us, p.uo, p.welford),
            std::tuple(q.dtype, q.u, q.ua, q.ub, q.us, q.uo, q.welford));
}

}  // namespace
}  // namespace normdiff::reference
