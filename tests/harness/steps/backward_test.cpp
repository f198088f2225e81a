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

std::string changed_before_backward(const std::string& slot) {
  return "net = BatchNorm2d(2)\n"
         "x = tensor(2, 2, 1, 1, [1, 2, 3, 6], requires_grad=True)\n"
         "y = net(x)\n"
         "fill(net." +
         slot + ", constant(2))\nbackward(y, normal(0, 1), seed=3)\n";
}

TEST(BackwardStep, GoesThroughTheForwardsBefore) {
  const std::string text = chain +
                           "w = b(z)\nbackward(w, normal(0, 1), seed=2, retain_graph=True)\n"
                           "backward(z, normal(0, 1), seed=3)\nbackward(w, normal(0, 1), seed=4)\n"
                           "backward(y, constant(1))\n";
  const Checked checked = [&] {
    ToldSubject s(text);
    return check(s);
  }();
  EXPECT_THAT(checked.discrepancies(), IsEmpty());
  EXPECT_EQ(checked.count(ObservationClass::error, Verdict::both_rejected), 2u);
  for (const char* slot : {"a", "b"}) {
    ToldSubject liar(text);
    liar.lie(6, slot[0] == 'a' ? liar.key("a", "fc", Slot::weight_grad)
                               : liar.key("b", "", Slot::weight_grad));
    EXPECT_FALSE(check(liar).judged.empty()) << slot;
  }
  ToldSubject input(text);
  input.lie(6, input.key("x", "", Slot::grad));
  EXPECT_FALSE(check(input).judged.empty());
}

TEST(BackwardStep, EndsAtAResultThatWasMadeWithoutGradients) {
  const std::string text = chain + "no = no_grad(a, x)\nw = b(no)\nbackward(w, normal(0, 1))\n";
  EXPECT_THAT(found(ToldSubject(text)), IsEmpty());
  ToldSubject further(text);
  further.after[7] = [](ToldSubject& self) {
    self.module("a", "fc").parameters[0]->grad = reference::Tensor(DType::float32, {2, 3});
  };
  EXPECT_EQ(check(further).judged.size(), 1u);
}

TEST(BackwardStep, OfAnEarlierForwardThatDivergedIsUnderived) {
  ToldSubject subject(chain + "backward(z, normal(0, 1))\n");
  subject.lie(3, subject.key("y", "", Slot::value));
  EXPECT_EQ(check(subject).count(ObservationClass::error, Verdict::underived), 1u);
}

TEST(BackwardStep, GradientsAddToWhatIsThere) {
  EXPECT_THAT(found(ToldSubject(model + "y = net(x)\nz = net(x)\nbackward(y, normal(0, 1))\n"
                                        "backward(z, normal(0, 1))\nnet.zero_grad()\n")),
              IsEmpty());
}

TEST(BackwardStep, OfNothingThatRequiresAGradientIsRefused) {
  ToldSubject subject(model + "y = no_grad(net, x)\n");
  EXPECT_THAT(found(subject), IsEmpty());
  ToldSubject relu(
      "net = ReLU()\nx = tensor(2, normal(0, 1))\ny = net(x)\nbackward(y, constant(1))\n");
  const Checked checked = check(relu);
  EXPECT_THAT(checked.discrepancies(), IsEmpty());
  EXPECT_EQ(checked.count(ObservationClass::error, Verdict::both_rejected), 1u);
}

TEST(BackwardStep, ThroughAChangedTensorMayBeRefused) {
  ToldSubject refuses(changed_before_backward("weight"));
  refuses.refuse[4] = {"modified_in_place", ""};
  EXPECT_THAT(check(refuses).discrepancies(), IsEmpty());
  ToldSubject without_reason(changed_before_backward("bias"));  // no formula reads it
  without_reason.refuse[4] = {"modified_in_place", ""};
  EXPECT_THAT(check(without_reason).outcomes(), ElementsAre(Verdict::rejected_by_subject));
}

TEST(BackwardStep, ThroughAChangedTensorThatIsDoneHasTheOldGradients) {
  for (const char* slot : {"weight", "bias", "running_mean", "num_batches_tracked"}) {
    ToldSubject subject(changed_before_backward(slot));
    const Checked checked = check(subject);
    EXPECT_THAT(checked.discrepancies(), IsEmpty()) << slot;
    EXPECT_EQ(checked.count(ObservationClass::gradient, Verdict::underived), 0u);
    ToldSubject liar(changed_before_backward(slot));
    liar.lie(4, liar.key("net", "", Slot::weight_grad));
    EXPECT_EQ(check(liar).judged.size(), 1u) << slot;
  }
}

TEST(BackwardStep, IsRefusedWhereItComesToWhatWasChanged) {
  const std::string statements =
      "net = Sequential(a=BatchNorm2d(2), b=BatchNorm2d(2))\n"
      "x = tensor(2, 2, 1, 1, [1, 2, 3, 6], requires_grad=True)\n"
      "y = net(x)\nfill(net.a.weight, constant(2))\nbackward(y, normal(0, 1), seed=3)\n";
  ToldSubject nothing_done(statements);
  nothing_done.refuse[4] = {"modified_in_place", ""};
  const Checked checked = check(nothing_done);
  ASSERT_FALSE(checked.judged.empty()) << "b came first and has its gradients";
  for (const Judged& judged : checked.judged) {
    EXPECT_EQ(judged.observed_class, ObservationClass::gradient);
    EXPECT_EQ(judged.key.place, 2);
  }
}

TEST(BackwardStep, ThroughACastModuleIsUnderived) {
  ToldSubject subject(
      "net = BatchNorm2d(2)\nx = tensor(2, 2, 1, 1, [1, 2, 3, 6])\ny = net(x)\n"
      "net.to(float64)\nbackward(y, constant(1))\n");
  subject.instead[4] = [](ToldSubject&) {};
  EXPECT_EQ(check(subject).count(ObservationClass::error, Verdict::underived), 1u);
  ToldSubject damages(
      "net = BatchNorm2d(2)\nx = tensor(2, 2, 1, 1, [1, 2, 3, 6])\ny = net(x)\n"
      "net.to(float64)\nbackward(y, constant(1))\n");
  damages.instead[4] = [](ToldSubject& self) { self.module("net").training = false; };
  const Checked checked = check(damages);
  ASSERT_EQ(checked.judged.size(), 1u) << "what it leaves behind is judged all the same";
  EXPECT_EQ(checked.judged[0].key.slot, Slot::training);
}

TEST(BackwardStep, ASecondOneIsRefusedUnlessTheGraphWasRetained) {
  const std::string start =
      "net = BatchNorm2d(2)\nx = tensor(2, 2, 1, 1, [1, 2, 3, 6])\ny = net(x)\n";
  ToldSubject freed(start + "backward(y, constant(1))\nbackward(y, constant(1))\n");
  Checked checked = check(freed);
  EXPECT_THAT(checked.discrepancies(), IsEmpty());
  EXPECT_EQ(checked.count(ObservationClass::error, Verdict::both_rejected), 1u);
  ToldSubject kept(start +
                   "backward(y, constant(1), retain_graph=True)\nbackward(y, constant(1))\n");
  checked = check(kept);
  EXPECT_THAT(checked.discrepancies(), IsEmpty());
  EXPECT_EQ(checked.count(ObservationClass::error, Verdict::both_rejected), 0u);
}

TEST(BackwardStep, ASecondOneIsDoneUpToTheFirstLayerThatSavedSomething) {
  const std::string statements =
      "net = Sequential(bn=BatchNorm2d(2), flat=Flatten())\n"
      "x = tensor(2, 2, 1, 1, [1, 2, 3, 6])\ny = net(x)\nbackward(y, constant(1))\n"
      "backward(y, constant(2))\n";
  ToldSubject subject(statements);
  const Checked checked = check(subject);
  EXPECT_THAT(checked.discrepancies(), IsEmpty());
  EXPECT_EQ(checked.count(ObservationClass::error, Verdict::both_rejected), 1u);
  ToldSubject stops(statements);
  stops.refuse[4] = stops.wording(reference::ErrorKind::graph_freed);
  EXPECT_EQ(found(stops).size(), 1u) << "the gradient of the norm's output is an old one";
}

}  // namespace
}  // namespace normdiff::testing
