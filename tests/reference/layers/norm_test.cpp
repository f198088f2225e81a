#include "reference/layers/norm.hpp"

#include <gtest/gtest.h>

#include "reference/layers/layer.hpp"

namespace normdiff::reference {
namespace {

TEST(Norm, IsABatchNormOrAnInstanceNorm) {
  int norms = 0, batch_norms = 0;
  for (const ModuleKind kind : all_of<ModuleKind>) {
    const Layer layer = make_layer(kind);
    norms += is_norm(layer);
    batch_norms += is_batch_norm(layer);
    if (is_batch_norm(layer)) {
      EXPECT_EQ(norm_in(layer), batch_norm_in(layer));
    }
  }
  EXPECT_EQ(norms, 6);
  EXPECT_EQ(batch_norms, 3);
  EXPECT_FALSE(is_norm(ReLU{}));
}

TEST(Norm, HoldsWhatItsOptionsAskFor) {
  NormOptions options;
  options.affine = false;
  int statistics = 0;
  options.tensors([&](TensorSlot slot, const Shape&, Fill) { statistics += !is_parameter(slot); });
  EXPECT_EQ(statistics, 3) << "the counter is one of them";
  options.track_running_stats = false;
  options.tensors([](TensorSlot slot, const Shape&, Fill) { ADD_FAILURE() << to_string(slot); });
}

}  // namespace
}  // namespace normdiff::reference
