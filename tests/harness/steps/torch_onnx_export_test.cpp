#include <algorithm>
#include <vector>

#include "tests/harness/steps/step_test.hpp"

namespace normdiff::testing {
namespace {

using ::testing::HasSubstr;

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

TEST(OnnxStep, FoldingIsAFreedomWhateverWasAskedFor) {
  for (const char* asked : {"", ", do_constant_folding=False"})
    for (const bool does : {false, true}) {
      ToldSubject subject(exported("EVAL", 17, asked) + "y = m(x)\n");
      subject.folds = does;
      EXPECT_THAT(found(subject), IsEmpty()) << asked << does;
    }
}

/// Three norms behind convolutions, told apart by their epsilon.
const std::string three_norms =
    "c = Conv2d(2, 2, kernel_size=1)\n"
    "net = Sequential(a=c, n1=BatchNorm2d(2, eps=0.1), r=ReLU(), b=c, n2=BatchNorm2d(2, eps=0.2), "
    "d=Conv2d(2, 2, kernel_size=1), n3=BatchNorm2d(2, eps=0.3))\n"
    "x = tensor(2, 2, 2, 2, normal(0, 1))\n";

/// A subject that leaves nodes out of what it says of a graph, which its values do not show.
std::vector<std::string> without_nodes(const std::string& exporter,
                                       const std::vector<std::uint16_t>& left_out) {
  ToldSubject subject(three_norms + "m = torch.onnx.export(net, x, training=EVAL, " + exporter +
                      ", opset_version=18)\ny = m(x)\n");
  Trace trace = subject.run();
  for (Observation& seen : trace.observations) {
    if (seen.key.slot == Slot::onnx_batch_norms)
      std::get<std::int64_t>(seen.value) -= static_cast<std::int64_t>(left_out.size());
    if (seen.key.slot <= Slot::onnx_batch_norms) continue;
    const std::uint16_t node = seen.key.place;
    const bool is_out = std::find(left_out.begin(), left_out.end(), node) != left_out.end();
    seen.key.place -= static_cast<std::uint16_t>(std::count_if(
        left_out.begin(), left_out.end(), [node](std::uint16_t out) { return out < node; }));
    if (is_out) seen.key = {subject.scenario.intern("x"), 0, Slot::grad};  // as it was
    if (is_out) seen.value = None{};
  }
  return check(subject, trace).discrepancies();
}

TEST(OnnxStep, WhichNormsAreNoNodesIsFreeForEach) {
  const std::vector<std::vector<std::uint16_t>> choices = {{},     {0},    {1},    {2},
                                                           {0, 1}, {0, 2}, {1, 2}, {0, 1, 2}};
  for (const auto& left_out : choices)
    for (const char* exporter : {"dynamo=False", "dynamo=True"})
      EXPECT_THAT(without_nodes(exporter, left_out), IsEmpty())
          << exporter << ::testing::PrintToString(left_out);
}

/// A lie about one fact of the node of the only norm.
std::vector<std::string> with_a_wrong(Slot slot, const std::string& exporter) {
  ToldSubject liar(
      "bn = BatchNorm2d(2)\nx = tensor(2, 2, 2, 2, normal(0, 1))\n"
      "m = torch.onnx.export(bn, x, training=TRAINING, " +
      exporter + ", opset_version=18)\n");
  liar.lie(2, liar.key("m", "", slot));
  return found(liar);
}

TEST(OnnxStep, ANodeOfTheTorchScriptExporterSaysItsNorm) {
  for (const Slot slot : {Slot::onnx_batch_norms, Slot::onnx_training_mode, Slot::onnx_outputs,
                          Slot::onnx_epsilon, Slot::onnx_momentum})
    EXPECT_EQ(with_a_wrong(slot, "dynamo=False").size(), 1U) << to_string(slot);
}

TEST(OnnxStep, TheNewerExporterPromisesTheValuesAlone) {
  for (const Slot slot :
       {Slot::onnx_training_mode, Slot::onnx_outputs, Slot::onnx_epsilon, Slot::onnx_momentum})
    EXPECT_THAT(with_a_wrong(slot, "dynamo=True"), IsEmpty()) << to_string(slot);
}

TEST(OnnxStep, MoreNodesThanNormsIsOneFinding) {
  ToldSubject liar(three_norms +
                   "m = torch.onnx.export(net, x, training=EVAL, dynamo=False, "
                   "opset_version=17)\n");
  liar.lie(3, liar.key("m", "", Slot::onnx_batch_norms));
  EXPECT_THAT(found(liar), ElementsAre(HasSubstr("expected 3, observed 4")));
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

TEST(OnnxStep, TheMomentumThatHasNoEffectOrNoPlaceIsCountedAsFree) {
  const auto free = [](const std::string& text) {
    ToldSubject subject(text);
    const Checked checked = check(subject);
    std::uint64_t sum = 0;
    for (const auto& [why, count] : checked.tally.free) sum += count;
    return sum;
  };
  const std::string unfolded = ", do_constant_folding=False";
  EXPECT_EQ(free(exported("EVAL", 17, unfolded)), 1U);
  EXPECT_EQ(free(exported("TRAINING", 17, unfolded)), 0U);
  EXPECT_EQ(free("net = BatchNorm2d(2, momentum=None)\nx = tensor(2, 2, 2, 2, normal(0, 1))\n"
                 "m = torch.onnx.export(net, x, training=TRAINING, dynamo=False, "
                 "opset_version=17)\n"),
            1U);
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
