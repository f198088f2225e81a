#include <gmock/gmock.h>

#include "tests/harness/check/checked.hpp"

namespace normdiff {
namespace {

using testing::check;
using testing::Checked;
using testing::found;
using ::testing::IsEmpty;
using testing::ToldSubject;

TEST(MakeSteps, SharedChildrenAndParametersAreKeyedByWhereTheyWereMade) {
  EXPECT_THAT(found(ToldSubject("fc = Linear(2, 3)\nbn = BatchNorm1d(3)\n"
                                "net = Sequential(fc=fc, a=bn, more=Sequential(bn, "
                                "Linear(3, 2, bias=False)))\n"
                                "b = copy.deepcopy(net.more)\ns = torch.jit.script(net)\n"
                                "l = torch.jit.save_load(s)\n")),
              IsEmpty());
}

TEST(MakeSteps, ATensorMustHoldExactlyTheData) {
  ToldSubject subject("x = tensor(2, 2, 2, 2, normal(0, 1), dtype=float64, requires_grad=True)\n");
  EXPECT_THAT(found(subject), IsEmpty());
  subject.lie(0, subject.key("x", "", Slot::value));
  EXPECT_EQ(found(subject).size(), 1u);
}

TEST(MakeSteps, ACopyThatLostItsFlagIsFound) {
  ToldSubject subject("net = BatchNorm2d(2)\nnet.eval()\nb = copy.deepcopy(net)\n");
  subject.after[2] = [](ToldSubject& self) { self.module("b").training = true; };
  EXPECT_EQ(check(subject).judged.size(), 1u);
}

TEST(MakeSteps, ATraceLeavesOneForwardOnTheOriginal) {
  const char* statements =
      "net = BatchNorm2d(2, momentum=None)\nx = tensor(2, 2, 2, 2, normal(0, 1))\n"
      "s = torch.jit.trace(net, x, check_trace=False)\ns.eval()\ny = s(x)\n";
  EXPECT_THAT(found(ToldSubject(statements)), IsEmpty());
  ToldSubject none(statements);
  none.instead[2] = [](ToldSubject& self) {
    self.plant("s", textbook::trace(self.root("net"), {}));
  };
  const Checked checked = check(none);
  EXPECT_FALSE(checked.judged.empty());
}

}  // namespace
}  // namespace normdiff
