#include "tests/harness/steps/step_test.hpp"

namespace normdiff::testing {
namespace {

TEST(DeepCopyStep, ACopyThatLostItsFlagIsFound) {
  ToldSubject subject("net = BatchNorm2d(2)\nnet.eval()\nb = copy.deepcopy(net)\n");
  subject.after[2] = [](ToldSubject& self) { self.module("b").training = true; };
  EXPECT_EQ(check(subject).judged.size(), 1u);
}

TEST(DeepCopyStep, KeepsWhatIsSharedInsideAndSharesNothingWithTheOriginal) {
  const std::string text =
      "bn = BatchNorm2d(2)\nnet = Sequential(a=bn, b=bn)\nc = copy.deepcopy(net)\n";
  EXPECT_THAT(found(ToldSubject(text + "fill(bn.weight, constant(3))\nc.a.eval()\n")), IsEmpty());
  ToldSubject unshared(text);
  unshared.after[2] = [](ToldSubject& self) { self.split("c"); };
  EXPECT_FALSE(found(unshared).empty());
}

}  // namespace
}  // namespace normdiff::testing
