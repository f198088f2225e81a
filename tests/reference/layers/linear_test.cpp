#include "reference/layers/linear.hpp"

#include <gtest/gtest.h>

namespace normdiff::reference {
namespace {

TEST(Linear, WorksOnTheLastDimension) {
  const Linear layer{3, 2, true};
  EXPECT_EQ(layer.out({4, 5, 3}), (Shape{4, 5, 2}));
  EXPECT_EQ(layer.out({3}), Shape{2});
  EXPECT_FALSE(layer.out({3, 4}));
  EXPECT_EQ(layer.products({4, 5, 3}, {4, 5, 2}).forward, 40 * 3);
}

TEST(Linear, KeepsItsWeightWhereTheInputNeedsIt) {
  SavedCall call;
  EXPECT_FALSE(Linear{}.keeps(TensorSlot::weight, call));
  call.input_requires_grad = true;
  EXPECT_TRUE(Linear{}.keeps(TensorSlot::weight, call));
  EXPECT_FALSE(Linear{}.keeps(TensorSlot::bias, call));
}

}  // namespace
}  // namespace normdiff::reference
