#include "tests/harness/steps/step_test.hpp"

namespace normdiff::testing {
namespace {

TEST(ScriptStep, SharesTensorsAndHasTheModeOfTheOriginal) {
  const std::string text =
      "net = Sequential(bn=BatchNorm2d(2))\nnet.bn.eval()\ns = torch.jit.script(net)\n";
  EXPECT_THAT(found(ToldSubject(text + "fill(net.bn.weight, constant(3))\n")), IsEmpty());
  ToldSubject loses(text);
  loses.after[2] = [](ToldSubject& self) { self.module("s", "bn").training = true; };
  EXPECT_EQ(found(loses).size(), 1u);
}

}  // namespace
}  // namespace normdiff::testing
