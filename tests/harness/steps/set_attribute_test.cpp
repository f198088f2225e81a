#include "tests/harness/steps/step_test.hpp"

namespace normdiff::testing {
namespace {

TEST(SetAttributeStep, SetsTheAttributeOfOneModule) {
  for (const char* step :
       {"net.bn.training = False", "net.bn.momentum = None", "net.bn.momentum = 2",
        "net.bn.eps = 0.25", "net.bn.track_running_stats = False"})
    expect_to_be_done("net = Sequential(bn=BatchNorm2d(2))\n" + std::string(step) + "\n");
}

TEST(SetAttributeStep, TheAttributeOfTheParentLeavesItsChildrenAlone) {
  ToldSubject recursive("net = Sequential(bn=BatchNorm2d(2))\nnet.training = False\n");
  recursive.after[1] = [](ToldSubject& self) { self.module("net", "bn").training = false; };
  EXPECT_EQ(check(recursive).judged.size(), 1u);
}

}  // namespace
}  // namespace normdiff::testing
