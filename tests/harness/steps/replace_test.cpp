#include "tests/harness/steps/step_test.hpp"

namespace normdiff::testing {
namespace {

using ::testing::SizeIs;

constexpr const char* replaced =
    "bn = BatchNorm2d(2)\n"
    "net = Sequential(conv=Conv2d(1, 2, 1), bn=bn)\n"
    "outer = Sequential(net=net, bn=bn)\n"
    "x = tensor(3, 1, 2, 2, normal(0, 1), requires_grad=True)\n"
    "y = net(x)\n"
    "norm = InstanceNorm2d(2, affine=True)\n"
    "norm.eval()\n"
    "replace(net.bn, norm)\n"  // 7
    "backward(y, normal(0, 1))\n"
    "z = outer(x)\n"
    "backward(z, normal(0, 1))\n";

TEST(ReplaceStep, PutsAModuleInThePlaceOfAnotherUnderAllItsNames) {
  ToldSubject subject(std::string(replaced) +
                      "net.train()\nc = copy.deepcopy(outer)\nw = c(x)\ns = torch.jit.script(net)\n"
                      "replace(outer.bn, net.conv)\nreplace(net.conv, norm)\nnet.to(float64)\n");
  EXPECT_THAT(check(subject).discrepancies(), IsEmpty());
}

TEST(ReplaceStep, AReplacementThatWasNotDoneIsFoundAtOnce) {
  ToldSubject idle(replaced);
  idle.instead[7] = [](ToldSubject&) {};
  const Checked checked = check(idle);
  ASSERT_FALSE(checked.judged.empty());
  EXPECT_EQ(checked.judged[0].step, 7);
}

TEST(ReplaceStep, AFlagThatTheReplacementDidNotHaveIsFound) {
  ToldSubject eager(replaced);
  eager.after[7] = [](ToldSubject& self) { self.module("norm").training = true; };
  EXPECT_THAT(check(eager).discrepancies(), SizeIs(3));  // norm, net.bn and outer.net.bn
}

TEST(ReplaceStep, AnEarlierForwardGoesBackThroughTheModuleThatItRan) {
  // The graph of y holds bn, which `outer` still has: its gradients are seen there.
  ToldSubject wrong(replaced);
  wrong.lie(8, wrong.key("outer", "bn", Slot::weight_grad));
  EXPECT_THAT(check(wrong).discrepancies(), ::testing::Not(IsEmpty()));
}

TEST(ReplaceStep, AModuleThatNoNameHoldsStillGivesGradients) {
  EXPECT_THAT(found(ToldSubject("net = Sequential(a=BatchNorm1d(2), b=BatchNorm1d(2))\n"
                                "x = tensor(4, 2, normal(0, 1), requires_grad=True)\n"
                                "y = net(x)\nid = Identity()\nreplace(net.b, id)\n"
                                "backward(y, normal(0, 1), retain_graph=True)\n"
                                "net.b.eval()\nbackward(y, normal(0, 1))\n")),
              IsEmpty());
}

TEST(ReplaceStep, WhatTheReplacementLacksIsGoneAndComesBackWithANorm) {
  const std::string text =
      "net = Sequential(bn=BatchNorm1d(2))\nid = Identity()\nnorm = BatchNorm1d(3, momentum=None)\n"
      "replace(net.bn, id)\nreplace(net.bn, norm)\n";
  ToldSubject subject(text);
  const Trace trace = subject.run();
  EXPECT_THAT(check(subject, trace).discrepancies(), IsEmpty());
  std::vector<Slot> gone;
  for (std::uint32_t i = trace.steps[3].first; i < trace.steps[3].last; ++i)
    if (std::holds_alternative<None>(trace.observations[i].value))
      gone.push_back(trace.observations[i].key.slot);
  EXPECT_THAT(gone, SizeIs(8)) << "three attributes and five tensors; gradients were None before";
}

}  // namespace
}  // namespace normdiff::testing
