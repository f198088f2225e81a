#include "reference/layers/conv.hpp"

#include <gtest/gtest.h>

namespace normdiff::reference {
namespace {

template <int dims>
Shape fresh_weight(const Conv<dims>& layer) {
  Shape weight;
  layer.tensors([&weight](TensorSlot slot, const Shape& shape, Fill fill) {
    EXPECT_EQ(fill, Fill::drawn);
    if (slot == TensorSlot::weight) weight = shape;
  });
  return weight;
}

TEST(Conv, GivesWindowsOfEveryDimensionWithOrWithoutABatch) {
  const Conv<2> layer{{3, 2, 3, 2, 1, true}};
  EXPECT_EQ(layer.out({5, 3, 7, 8}), (Shape{5, 2, 4, 4}));
  EXPECT_EQ(layer.out({3, 7, 8}), (Shape{2, 4, 4}));
  const Conv<1> along{{3, 2, 3, 1, 0, true}};
  EXPECT_EQ(along.out({5, 3, 7}), (Shape{5, 2, 5}));
  const Conv<3> through{{1, 1, 2, 1, 0, true}};
  EXPECT_EQ(through.out({1, 1, 2, 3, 4}), (Shape{1, 1, 1, 2, 3}));
}

TEST(Conv, RefusesOtherChannelsAndWhatIsSmallerThanTheKernel) {
  const Conv<2> layer{{3, 2, 3, 1, 0, true}};
  EXPECT_FALSE(layer.out({5, 2, 7, 8}));
  EXPECT_FALSE(layer.out({5, 3, 7, 2}));
  EXPECT_FALSE(layer.out({7, 8}));
}

TEST(Conv, MultipliesEveryWindowOnceForwardAndTheKernelForEachElementTakenBackward) {
  const Conv<2> layer{{3, 2, 3, 1, 0, true}};
  const Shape in{1, 3, 5, 5}, out{1, 2, 3, 3};
  EXPECT_EQ(layer.products(in, out).forward, 18 * 27);
  EXPECT_EQ(layer.products(in, out).backward, 18 * 27 + 75 * (2 * 9 + 16));
}

TEST(Conv, MultipliesWithinItsGroups) {
  const Conv<2> layer{{4, 2, 3, 1, 0, true, 2}};
  const Shape in{1, 4, 5, 5}, out{1, 2, 3, 3};
  EXPECT_EQ(layer.products(in, out).forward, 18 * 2 * 9);
  EXPECT_EQ(layer.products(in, out).backward, 18 * 2 * 9 + 100 * (1 * 9 + 16));
  EXPECT_EQ(fresh_weight(layer), (Shape{2, 2, 3, 3}));
}

TEST(Conv, HasAKernelOfItsDimensions) {
  EXPECT_EQ(fresh_weight(Conv<1>{{2, 4, 5, 1, 0, false}}), (Shape{4, 2, 5}));
  EXPECT_EQ(fresh_weight(Conv<3>{{2, 4, 5, 1, 0, false}}), (Shape{4, 2, 5, 5, 5}));
}

}  // namespace
}  // namespace normdiff::reference
