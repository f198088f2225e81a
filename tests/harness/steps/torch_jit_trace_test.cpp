#include "tests/harness/steps/step_test.hpp"

namespace normdiff::testing {
namespace {

TEST(TraceStep, LeavesOneForwardOnTheOriginal) {
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
}  // namespace normdiff::testing
