#include "tests/harness/steps/step_test.hpp"

namespace normdiff::testing {
namespace {

TEST(RequiresGradStep, AParameterThatRequiresNoGradientMakesNoGraphAndGetsNoGradient) {
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
    const Checked wrong = check(idle);
    ASSERT_FALSE(wrong.judged.empty());
    EXPECT_EQ(wrong.judged[0].step, step);
  }
}

}  // namespace
}  // namespace normdiff::testing
