#include "reference/tensor/tensor.hpp"

#include <gtest/gtest.h>

namespace normdiff::reference {
namespace {

TEST(Shape, counts_its_elements) {
  EXPECT_EQ(Shape{}.numel(), 1);
  EXPECT_EQ((Shape{2, 3, 4}.numel()), 24);
  EXPECT_EQ((Shape{0, 3}.numel()), 0);
}

TEST(Shape, is_equal_by_its_sizes) {
  EXPECT_EQ((Shape{2, 3}), (Shape{2, 3}));
  EXPECT_NE((Shape{2, 3}), (Shape{3, 2}));
  EXPECT_NE((Shape{2}), (Shape{2, 1}));
  Shape grown{2};
  grown.push_back(3);
  EXPECT_EQ(grown, (Shape{2, 3}));
}

TEST(Tensor, starts_at_zero) {
  const Tensor t(DType::float32, {2, 2});
  EXPECT_EQ(t.numel(), 4);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(t.at(i), 0);
}

TEST(Tensor, copies_share_and_clones_do_not) {
  Tensor a = Tensor::full(DType::float64, {2}, 1);
  Tensor copy = a;
  const Tensor clone = a.clone();
  copy.set(0, 5);
  EXPECT_EQ(a.at(0), 5);
  EXPECT_EQ(clone.at(0), 1);
  EXPECT_EQ(a.storage(), copy.storage());
  EXPECT_NE(a.storage(), clone.storage());
}

TEST(Tensor, set_rounds_once_to_the_dtype) {
  Tensor t(DType::float32, {1});
  t.set(0, 0.1);
  EXPECT_EQ(t.at(0), static_cast<double>(0.1F));
  EXPECT_EQ(Tensor::full(DType::float64, {1}, 0.1).to(DType::float32).at(0),
            static_cast<double>(0.1F));
  EXPECT_EQ(Tensor::full(DType::int64, {}, 3).at(0), 3);
}

TEST(Tensor, its_values_are_its_bits_and_exact) {
  const Tensor t = Tensor::full(DType::float32, {2}, 0.5);
  const Values v = t.values();
  EXPECT_EQ(v.data, t.data());
  EXPECT_EQ(v.shape, t.shape());
  EXPECT_EQ(v.error, nullptr);
  EXPECT_EQ(v.at(1), 0.5);
}

}  // namespace
}  // namespace normdiff::reference
