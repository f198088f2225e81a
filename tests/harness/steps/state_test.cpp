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

TEST(StateSteps, AParameterThatRequiresNoGradientMakesNoGraphAndGetsNoGradient) {
  const std::string text =
      "net = Sequential(fc=Linear(3, 2), bn=BatchNorm1d(2))\n"
      "s = torch.jit.script(net)\n"
      "x = tensor(4, 3, normal(0, 1))\n"
      "before = net(x)\n"
      "net.fc.requires_grad_(False)\n"  // 4
      "half = net(x)\n"
      "b = copy.deepcopy(net)\n"
      "net.requires_grad_(False)\n"  // 7
      "none = net(x)\n"
      "backward(none, constant(1))\n"
      "scripted = s(x)\n"
      "net.bn.requires_grad_(True)\n"  // 11
      "backward(before, normal(0, 1))\n"
      "backward(half, normal(0, 1))\n"
      "net.to(float64)\n";
  ToldSubject subject(text);
  const Checked checked = check(subject);
  EXPECT_THAT(checked.discrepancies(), IsEmpty());
  EXPECT_EQ(checked.count(ObservationClass::error, Verdict::both_rejected), 1u);
  for (const int step : {4, 7, 11}) {
    ToldSubject idle(text);
    idle.instead[step] = [](ToldSubject&) {};
    const Checked found = check(idle);
    ASSERT_FALSE(found.judged.empty());
    EXPECT_EQ(found.judged[0].step, step);
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
