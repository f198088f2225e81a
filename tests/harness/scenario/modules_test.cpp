#include "harness/scenario/modules.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace normdiff {
namespace {

TEST(FreshShape, IsThatOfTheTensorsAModuleHas) {
  const ModuleSpec conv{reference::Conv<2>{{3, 2, 5, 1, 0, false}}, {}};
  EXPECT_EQ(fresh_shape(conv, TensorSlot::weight), (Shape{2, 3, 5, 5}));
  EXPECT_FALSE(fresh_shape(conv, TensorSlot::bias));
  EXPECT_FALSE(fresh_shape(conv, TensorSlot::running_mean));
  const ModuleSpec norm{reference::BatchNorm<1>{{4, 1e-5, 0.1, false, true}}, {}};
  EXPECT_FALSE(fresh_shape(norm, TensorSlot::weight));
  EXPECT_EQ(fresh_shape(norm, TensorSlot::running_var), (Shape{4}));
  EXPECT_EQ(fresh_shape(norm, TensorSlot::num_batches_tracked), Shape{});
}

TEST(InitialValues, AreKeyedAndBounded) {
  Scenario scenario;
  const ModuleSpec linear{reference::Linear{4, 8, true}, {}};
  const auto values = [&](int step, int place, TensorSlot slot) {
    std::vector<float> out(static_cast<std::size_t>(fresh_shape(linear, slot)->numel()));
    initial_values(scenario, step, place, linear, slot, out.data());
    return out;
  };
  const auto weight = values(0, 1, TensorSlot::weight);
  for (const float w : weight) EXPECT_LE(std::abs(w), 0.5f);
  EXPECT_EQ(values(0, 1, TensorSlot::weight), weight);
  EXPECT_NE(values(1, 1, TensorSlot::weight), weight);
  EXPECT_NE(values(0, 2, TensorSlot::weight), weight);
  EXPECT_NE(values(0, 1, TensorSlot::bias)[0], weight[0]);
  scenario.seed = 1;
  EXPECT_NE(values(0, 1, TensorSlot::weight), weight);
}

}  // namespace
}  // namespace normdiff
