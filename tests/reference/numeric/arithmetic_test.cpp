#include "reference/numeric/arithmetic.hpp"

#include <gtest/gtest.h>

namespace normdiff::reference {
namespace {

TEST(Arithmetic, OfAnyImplementationIsNoTighterThanLibTorchs) {
  const Shape shape{2, 1, 2, 2};
  const auto& any = any_implementation();
  const auto& libtorch = libtorch_cpu();
  EXPECT_GE(any.batch_norm(DType::float32, shape, Layout::contiguous).ua,
            libtorch.batch_norm(DType::float32, shape, Layout::contiguous).ua);
  EXPECT_EQ(libtorch.batch_norm(DType::float32, shape, std::nullopt).ua,
            libtorch.batch_norm(DType::float32, shape, Layout::strided).ua);
  EXPECT_FALSE(any.may_fold || libtorch.may_fold);
}

}  // namespace
}  // namespace normdiff::reference
