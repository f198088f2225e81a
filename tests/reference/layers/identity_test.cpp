#include "reference/layers/identity.hpp"

#include <gtest/gtest.h>

namespace normdiff::reference {
namespace {

TEST(Identity, GivesEveryShapeAndKeepsNothing) {
  EXPECT_EQ(Identity{}.out({2, 0, 4}), (Shape{2, 0, 4}));
  EXPECT_EQ(Identity{}.products({2, 3}, {2, 3}).forward, 0);
  EXPECT_FALSE(Identity{}.keeps(TensorSlot::weight, {}));
}

}  // namespace
}  // namespace normdiff::reference
