#include "tests/harness/steps/step_test.hpp"

namespace normdiff::testing {
namespace {

TEST(ToStep, CastsWhatIsFloatingAndLeavesTheCounter) {
  expect_to_be_done("net = Sequential(bn=BatchNorm2d(2))\nnet.to(float64)\n");
  ToldSubject counter("net = Sequential(bn=BatchNorm2d(2))\nnet.to(float64)\n");
  counter.after[1] = [](ToldSubject& self) {
    auto& tensor = self.module("net", "bn")[TensorSlot::num_batches_tracked];
    tensor = tensor->to(DType::float64);
  };
  EXPECT_EQ(found(counter).size(), 1u);
}

}  // namespace
}  // namespace normdiff::testing
