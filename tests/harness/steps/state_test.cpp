#include <gmock/gmock.h>

#include "tests/harness/check/checked.hpp"

namespace normdiff {
namespace {

using testing::check;
using testing::Checked;
using testing::found;
using ::testing::IsEmpty;
using testing::ToldSubject;

TEST(StateSteps, DoWhatTheyAreDocumentedToDo) {
  EXPECT_THAT(
      found(ToldSubject("net = Sequential(bn=BatchNorm2d(2))\n"
                        "net.eval()\nnet.bn.training = True\nnet.bn.momentum = None\n"
                        "net.bn.momentum = 2\nnet.bn.eps = 0.25\n"
                        "net.bn.track_running_stats = False\nnet.bn.track_running_stats = True\n"
                        "fill(net.bn.num_batches_tracked, [3])\n"
                        "fill(net.bn.running_mean, normal(0, 1))\n"
                        "net.bn.reset_running_stats()\nnet.to(float64)\nnet.zero_grad()\n")),
      IsEmpty());
}

TEST(StateSteps, AStepThatDidNothingIsFound) {
  for (const char* step : {"net.eval()", "net.bn.training = False", "net.bn.momentum = None",
                           "net.bn.eps = 0.25", "net.bn.track_running_stats = False",
                           "fill(net.bn.running_mean, constant(3))", "net.to(float64)"}) {
    ToldSubject idle("net = Sequential(bn=BatchNorm2d(2))\n" + std::string(step) + "\n");
    idle.instead[1] = [](ToldSubject&) {};
    const Checked checked = check(idle);
    EXPECT_FALSE(checked.judged.empty()) << step;
    for (const Judged& judged : checked.judged) EXPECT_EQ(judged.step, 1);
  }
}

TEST(StateSteps, TheAttributeOfTheParentLeavesItsChildrenAlone) {
  ToldSubject recursive("net = Sequential(bn=BatchNorm2d(2))\nnet.training = False\n");
  recursive.after[1] = [](ToldSubject& self) { self.module("net", "bn").training = false; };
  EXPECT_EQ(check(recursive).judged.size(), 1u);
}

TEST(StateSteps, AStateDictThatDoesNotFitIsRefusedByBoth) {
  ToldSubject subject(
      "a = BatchNorm2d(2)\nb = BatchNorm2d(3)\nc = BatchNorm2d(2, affine=False)\n"
      "a.load_state_dict(b.state_dict())\na.load_state_dict(c.state_dict())\n"
      "a.load_state_dict(a.state_dict())\n");
  const Checked checked = check(subject);
  EXPECT_THAT(checked.discrepancies(), IsEmpty());
  EXPECT_EQ(checked.count(ObservationClass::error, Verdict::both_rejected), 2u);
}

}  // namespace
}  // namespace normdiff
