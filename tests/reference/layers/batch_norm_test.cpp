#include "reference/layers/batch_norm.hpp"

#include <gtest/gtest.h>

namespace normdiff::reference {
namespace {

TEST(BatchNorm, HasTheDocumentedDefaults) {
  const BatchNorm<2> layer;
  EXPECT_EQ(layer.eps, 1e-5);
  EXPECT_EQ(layer.momentum, 0.1);
  EXPECT_TRUE(layer.affine);
  EXPECT_TRUE(layer.track_running_stats);
}

TEST(BatchNorm, KeepsStatisticsThatItWasGivenAndItsWeight) {
  SavedCall call;
  call.batch_statistics = true;
  BatchNorm<1> layer;
  EXPECT_TRUE(layer.keeps(TensorSlot::weight, call));
  EXPECT_FALSE(layer.keeps(TensorSlot::bias, call));
  EXPECT_TRUE(layer.keeps(TensorSlot::running_mean, call)) << "given to be moved";
  layer.track_running_stats = false;
  EXPECT_FALSE(layer.keeps(TensorSlot::running_mean, call)) << "not given at all";
  call.batch_statistics = false;
  EXPECT_TRUE(layer.keeps(TensorSlot::running_mean, call)) << "given to normalise with";
}

TEST(BatchNorm, UsesTheBatchInTrainingOrWithoutStatistics) {
  SlotTensors tensors;
  EXPECT_TRUE(uses_batch_statistics(false, tensors));
  tensors[TensorSlot::running_mean] = Tensor(DType::float32, {1});
  tensors[TensorSlot::running_var] = Tensor(DType::float32, {1});
  EXPECT_FALSE(uses_batch_statistics(false, tensors));
  EXPECT_TRUE(uses_batch_statistics(true, tensors));
}

}  // namespace
}  // namespace normdiff::reference
