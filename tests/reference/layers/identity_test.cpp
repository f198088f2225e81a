#include "reference/layers/identity.hpp"

#include <gmock/gmock.h>

#include <limits>

#include "tests/reference/modules/runs.hpp"

namespace normdiff::reference {
namespace {

using testing::Input;
using testing::Numbers;
using testing::Single;
using testing::single;

TEST(Identity, GivesEveryShapeAndKeepsNothing) {
  EXPECT_EQ(Identity{}.out({2, 0, 4}), (Shape{2, 0, 4}));
  EXPECT_EQ(Identity{}.products({2, 3}, {2, 3}).forward, 0);
  EXPECT_FALSE(Identity{}.keeps(TensorSlot::weight, {}));
}

TEST(Identity, GivesItsInputWhateverTheMode) {
  const Input<float> x{{1, -std::numeric_limits<float>::infinity()}, {2, 1}};
  for (const bool grad : {true, false}) {
    const Single y = single(Identity{}, x, true, grad);
    EXPECT_EQ(y.output, (Numbers{1, -std::numeric_limits<double>::infinity()}));
    EXPECT_EQ(y.error, (Numbers{0, 0}));
    EXPECT_TRUE(y.is_leaf && y.requires_grad) << "as the input, under no_grad too";
    EXPECT_TRUE(y.tape.calls[0].saves_nothing);
  }
}

}  // namespace
}  // namespace normdiff::reference
