#include "tests/harness/steps/step_test.hpp"

namespace normdiff::testing {
namespace {

const std::string model =
    "net = Sequential(conv=Conv2d(1, 2, kernel_size=1), bn=BatchNorm2d(2))\n"
    "x = tensor(2, 1, 2, 2, normal(0, 1))\n";
std::string exported(const std::string& mode, int opset, const std::string& more = "") {
  return model + "m = torch.onnx.export(net, x, training=" + mode +
         ", dynamo=False, opset_version=" + std::to_string(opset) + more + ")\n";
}

TEST(OnnxStep, AnExportLeavesTheModelAsItWasInEveryMode) {
  for (const char* mode : {"EVAL", "PRESERVE", "TRAINING"}) {
    EXPECT_THAT(found(ToldSubject(exported(mode, 17))), IsEmpty()) << mode;
    EXPECT_THAT(found(ToldSubject(exported(mode, 11))), IsEmpty()) << mode;
    ToldSubject flips(exported(mode, 17));
    flips.after[2] = [](ToldSubject& self) { self.module("net", "bn").training = false; };
    EXPECT_EQ(found(flips).size(), 1u) << mode;
  }
}

TEST(OnnxStep, FoldingIsAFreedomWhereItWasNotSwitchedOff) {
  ToldSubject folds(exported("EVAL", 17));
  folds.folds = true;
  EXPECT_THAT(found(folds), IsEmpty());
  ToldSubject forbidden(exported("EVAL", 17, ", do_constant_folding=False"));
  forbidden.folds = true;
  EXPECT_EQ(found(forbidden).size(), 1u);
}

TEST(OnnxStep, AnArtefactInTrainingNormalisesWithTheBatch) {
  ToldSubject subject(exported("TRAINING", 17) + "y = m(x)\n");
  const Checked checked = check(subject);
  EXPECT_THAT(checked.discrepancies(), IsEmpty());
  EXPECT_EQ(checked.count(ObservationClass::error, Verdict::underived), 0u);
  ToldSubject liar(exported("TRAINING", 17) + "y = m(x)\n");
  liar.lie(3, liar.key("y", "", Slot::value));
  EXPECT_EQ(found(liar).size(), 1u);
}

TEST(OnnxStep, BeforeOpset14AnArtefactHasNoTrainingMode) {
  ToldSubject subject(exported("TRAINING", 11) + "y = m(x)\n");
  EXPECT_EQ(check(subject).count(ObservationClass::error, Verdict::underived), 1u);
}

TEST(OnnxStep, BeforeOpset12AnArtefactHasNoDropoutInTraining) {
  const auto underived = [](const std::string& p, int opset) {
    ToldSubject subject("net = Dropout(p=" + p +
                        ")\nx = tensor(2, 3, normal(0, 1))\nm = torch.onnx.export(net, x, "
                        "training=TRAINING, dynamo=False, opset_version=" +
                        std::to_string(opset) + ")\ny = m(x)\n");
    const Checked checked = check(subject);
    EXPECT_THAT(checked.discrepancies(), IsEmpty());
    return checked.count(ObservationClass::error, Verdict::underived);
  };
  EXPECT_EQ(underived("1", 11), 1u);
  EXPECT_EQ(underived("1", 12), 0u);
  EXPECT_EQ(underived("0", 11), 0u) << "what it does is the same in both modes";
}

TEST(OnnxStep, ABatchNormIsFoldedPastWhatDoesNothing) {
  const auto net = [](const std::string& between) {
    return "net = Sequential(conv=Conv2d(1, 2, kernel_size=1), between=" + between +
           ", bn=BatchNorm2d(2))\nnet.bn.eval()\nx = tensor(2, 1, 2, 2, normal(0, 1))\n"
           "m = torch.onnx.export(net, x, training=PRESERVE, dynamo=False, opset_version=17)\n"
           "y = m(x)\n";
  };
  for (const char* between : {"Identity()", "Dropout(p=0)"}) {
    ToldSubject folds(net(between));
    folds.folds = true;
    EXPECT_THAT(found(folds), IsEmpty()) << between;
    EXPECT_THAT(found(ToldSubject(net(between))), IsEmpty()) << between;
  }
  ToldSubject folds(net("ReLU()"));
  folds.folds = true;
  EXPECT_THAT(found(folds), IsEmpty()) << "the textbook folds nothing past it";
}

TEST(OnnxStep, OfAnOddOpsetNothingIsSaidButWhatItLeavesBehind) {
  ToldSubject odd(exported("EVAL", 6) + "y = m(x)\n");
  EXPECT_EQ(check(odd).count(ObservationClass::error, Verdict::underived), 2u);
  ToldSubject flips(exported("EVAL", 6));
  flips.after[2] = [](ToldSubject& self) { self.module("net", "bn").training = false; };
  EXPECT_EQ(found(flips).size(), 1u);
}

TEST(OnnxStep, AnArtefactTakesTheShapeItWasExportedFor) {
  ToldSubject subject(exported("EVAL", 17) +
                      "y = m(x)\nother = tensor(3, 1, 2, 2, normal(0, 1))\nz = m(other)\n");
  const Checked checked = check(subject);
  EXPECT_THAT(checked.discrepancies(), IsEmpty());
  EXPECT_EQ(checked.count(ObservationClass::error, Verdict::both_rejected), 1u);
}

TEST(OnnxStep, AnOpsetThatNoVersionKnowsIsRefused) {
  ToldSubject subject(exported("EVAL", 99));
  EXPECT_EQ(check(subject).count(ObservationClass::error, Verdict::both_rejected), 1u);
}

}  // namespace
}  // namespace normdiff::testing
