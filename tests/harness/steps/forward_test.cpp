#include "tests/harness/steps/step_test.hpp"

namespace normdiff::testing {
namespace {

const std::string model =
    "net = Sequential(a=BatchNorm2d(2), act=ReLU(), b=BatchNorm2d(2))\n"
    "x = tensor(2, 2, 2, 2, normal(0, 1), requires_grad=True)\n";

const std::string chain =
    "a = Sequential(fc=Linear(3, 2), bn=BatchNorm1d(2))\n"
    "b = BatchNorm1d(2)\n"
    "x = tensor(4, 3, normal(0, 1), seed=1, requires_grad=True)\n"
    "y = a(x)\n"
    "z = b(y)\n";  // 4

TEST(ForwardStep, EachLeafIsJudgedFromTheInputItReallyGot) {
  ToldSubject subject(model + "y = net(x)\n");
  const Key key{subject.scenario.intern("y"), 0, Slot::leaf_output};
  subject.lie(2, key);
  const Checked checked = check(subject);
  ASSERT_EQ(checked.judged.size(), 1u);
  EXPECT_EQ(checked.judged[0].key, key);
}

TEST(ForwardStep, AnEmptySequentialGivesItsInput) {
  EXPECT_THAT(found(ToldSubject("net = Sequential()\nx = tensor(2, normal(0, 1))\ny = net(x)\n")),
              IsEmpty());
}

TEST(ForwardStep, WhatRanBeforeARefusalHasMoved) {
  ToldSubject subject(
      "net = Sequential(a=BatchNorm2d(2), b=BatchNorm2d(3))\n"
      "x = tensor(2, 2, 2, 2, normal(0, 1))\ny = net(x)\n");
  EXPECT_THAT(found(subject), IsEmpty());
  subject.after[2] = [](ToldSubject& self) {
    (void)textbook::reset_running_stats(self.module("net", "a"));
  };
  EXPECT_FALSE(found(subject).empty());
}

TEST(ForwardStep, AnInfiniteStatisticStaysSoThroughTheNextUseOfASharedChild) {
  ToldSubject subject(
      "bn = BatchNorm2d(1)\nnet = Sequential(a=bn, b=bn)\nfill(bn.running_mean, [-inf])\n"
      "x = tensor(2, 1, 2, 2, normal(0, 1))\ny = net(x)\n");
  EXPECT_THAT(found(subject), IsEmpty());
  subject.after[4] = [](ToldSubject& self) {
    self.module("bn")[TensorSlot::running_mean]->set(0, 0);
  };
  EXPECT_EQ(found(subject).size(), 3u) << "under each of its names";
}

TEST(ForwardStep, AnEarlierResultIsAnInput) {
  EXPECT_THAT(found(ToldSubject(chain + "w = a.bn(y)\nno = no_grad(a.bn, y)\nv = b(no)\n"
                                        "s = torch.jit.script(b)\nu = s(z)\n"
                                        "m = torch.onnx.export(a, x, training=EVAL, dynamo=False, "
                                        "opset_version=17)\n"
                                        "n = m(x)\nt = b(n)\n")),
              IsEmpty());
}

TEST(ForwardStep, OnAnEarlierResultIsJudgedFromWhatWasSeenOfIt) {
  ToldSubject subject(chain);
  subject.lie(3, subject.key("y", "", Slot::value));
  const Checked checked = check(subject);
  ASSERT_EQ(checked.judged.size(), 1u);
  EXPECT_EQ(checked.judged[0].step, 3);
  ToldSubject second(chain);
  second.lie(4, second.key("z", "", Slot::value));
  EXPECT_EQ(check(second).judged.size(), 1u);
}

TEST(ForwardStep, WhatGivesAnEarlierResultItselfIsInItsGraph) {
  EXPECT_THAT(found(ToldSubject(chain + "none = Sequential()\nf = Flatten()\nw = none(z)\n"
                                        "v = no_grad(f, w)\nu = b(v)\nbackward(u, constant(1))\n"
                                        "i = no_grad(f, x)\nj = a(i)\nbackward(j, constant(1))\n")),
              IsEmpty());
}

TEST(ForwardStep, NothingIsSaidOfAnInstanceNormWithStatisticsOfAnotherDtype) {
  const auto underived = [](const std::string& arguments) {
    ToldSubject subject("net = InstanceNorm1d(2" + arguments +
                        ")\nx = tensor(2, 2, 3, normal(0, 1), dtype=float64)\ny = net(x)\n");
    return check(subject).count(ObservationClass::error, Verdict::underived);
  };
  EXPECT_EQ(underived(", track_running_stats=True"), 1u);
  EXPECT_EQ(underived(""), 0u) << "it has none";
  EXPECT_EQ(underived(", affine=True, track_running_stats=True"), 0u) << "its weight refuses";
}

}  // namespace
}  // namespace normdiff::testing
