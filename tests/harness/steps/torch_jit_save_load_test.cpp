#include "tests/harness/steps/step_test.hpp"

namespace normdiff::testing {
namespace {

TEST(SaveLoadStep, SharesNothingWithTheScriptThatWasSaved) {
  const std::string text =
      "net = BatchNorm2d(2)\ns = torch.jit.script(net)\nl = torch.jit.save_load(s)\n";
  EXPECT_THAT(found(ToldSubject(text + "fill(net.weight, constant(3))\n")), IsEmpty());
  ToldSubject loses(text);
  loses.after[2] = [](ToldSubject& self) { self.module("l").training = false; };
  EXPECT_EQ(found(loses).size(), 1u);
}

}  // namespace
}  // namespace normdiff::testing
