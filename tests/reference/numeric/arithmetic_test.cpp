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

TEST(Arithmetic, OnlyStableKernelsHaveProbableBounds) {
  const Shape shape{64, 2, 4, 4};
  const auto lambda = [&shape](Kernels kernels, Tier tier) {
    return arithmetic_of(kernels, tier).batch_norm(DType::float32, shape, std::nullopt).lambda;
  };
  EXPECT_GT(lambda(Kernels::stable, Tier::probable), 0);
  EXPECT_EQ(lambda(Kernels::stable, Tier::proven), 0);
  for (const Kernels kernels : {Kernels::any, Kernels::libtorch_cpu})
    EXPECT_EQ(lambda(kernels, Tier::probable), 0);
}

}  // namespace
}  // namespace normdiff::reference
