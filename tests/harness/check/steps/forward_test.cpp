#include <gmock/gmock.h>

#include "tests/harness/check/checked.hpp"

namespace normdiff {
namespace {

using testing::check;
using testing::Checked;
using testing::FakeSubject;
using testing::found;
using ::testing::IsEmpty;

const std::string model =
    "net = Sequential(a=BatchNorm2d(2), act=ReLU(), b=BatchNorm2d(2))\n"
    "x = tensor(2, 2, 2, 2, normal(0, 1), requires_grad=True)\n";

TEST(ForwardStep, EachLeafIsJudgedFromTheInputItReallyGot) {
  FakeSubject subject(model + "y = net(x)\n");
  const Key key{subject.scenario.intern("y"), 0, Slot::leaf_output};
  subject.lie(2, key);
  const Checked checked = check(subject);
  ASSERT_EQ(checked.judged.size(), 1u);
  EXPECT_EQ(checked.judged[0].key, key);
}

TEST(ForwardStep, AnEmptySequentialGivesItsInput) {
  EXPECT_THAT(found(FakeSubject("net = Sequential()\nx = tensor(2, normal(0, 1))\ny = net(x)\n")),
              IsEmpty());
}

TEST(ForwardStep, WhatRanBeforeARefusalHasMoved) {
  FakeSubject subject(
      "net = Sequential(a=BatchNorm2d(2), b=BatchNorm2d(3))\n"
      "x = tensor(2, 2, 2, 2, normal(0, 1))\ny = net(x)\n");
  EXPECT_THAT(found(subject), IsEmpty());
  subject.after[2] = [](FakeSubject& self) {
    (void)reference::reset_running_stats(self.module("net", "a"));
  };
  EXPECT_FALSE(found(subject).empty());
}

TEST(ForwardStep, AnInfiniteStatisticStaysSoThroughTheNextUseOfASharedChild) {
  FakeSubject subject(
      "bn = BatchNorm2d(1)\nnet = Sequential(a=bn, b=bn)\nfill(bn.running_mean, [-inf])\n"
      "x = tensor(2, 1, 2, 2, normal(0, 1))\ny = net(x)\n");
  EXPECT_THAT(found(subject), IsEmpty());
  subject.after[4] = [](FakeSubject& self) {
    self.module("bn").tensor(reference::Held::running_mean)->set(0, 0);
  };
  EXPECT_EQ(found(subject).size(), 3u) << "under each of its names";
}

TEST(BackwardStep, GradientsAddToWhatIsThere) {
  EXPECT_THAT(found(FakeSubject(model + "y = net(x)\nz = net(x)\nbackward(y, normal(0, 1))\n"
                                        "backward(z, normal(0, 1))\nnet.zero_grad()\n")),
              IsEmpty());
}

TEST(BackwardStep, OfNothingThatRequiresAGradientIsRefused) {
  FakeSubject subject(model + "y = no_grad(net, x)\n");
  EXPECT_THAT(found(subject), IsEmpty());
  FakeSubject relu(
      "net = ReLU()\nx = tensor(2, normal(0, 1))\ny = net(x)\nbackward(y, constant(1))\n");
  const Checked checked = check(relu);
  EXPECT_THAT(checked.discrepancies(), IsEmpty());
  EXPECT_EQ(checked.count(ObservationClass::error, Verdict::both_rejected), 1u);
}

}  // namespace
}  // namespace normdiff
