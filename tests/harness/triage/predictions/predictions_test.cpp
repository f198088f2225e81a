#include "harness/triage/predictions/predictions.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <map>
#include <set>

#include "tests/harness/check/checked.hpp"

namespace normdiff {
namespace {

using testing::check;
using testing::Checked;
using ::testing::IsEmpty;
using testing::ToldSubject;

/// A subject that deviates in one step exactly as it is known to, or by a little more.
struct Case {
  std::string id;
  std::string family;
  std::string statements;
  int step;
  std::function<void(ToldSubject&)> deviate;  ///< after the step
  std::function<void(ToldSubject&)> further;  ///< and then this, which is new
  std::string version = "2.13.0";
};

reference::Tensor& held(ToldSubject& self, const char* path, TensorSlot which) {
  return *self.module("net", path)[which];
}
void move_counter(ToldSubject& self) {
  reference::Tensor& counter = held(self, "bn", TensorSlot::num_batches_tracked);
  counter.set(0, counter.at(0) + 1);
}
void nudge_mean(ToldSubject& self) {
  reference::Tensor& mean = held(self, "bn", TensorSlot::running_mean);
  mean.set(0, mean.at(0) + 0.125);
}

const std::string model =
    "net = Sequential(bn=BatchNorm2d(2))\nx = tensor(2, 2, 2, 2, normal(0, 1))\n";

/// Of three samples.
const std::string tracking =
    "net = Sequential(n=InstanceNorm2d(2, track_running_stats=True))\n"
    "x = tensor(3, 2, 2, 2, normal(0, 1))\n";
void forget_statistics(ToldSubject& self) {
  for (const TensorSlot slot : {TensorSlot::running_mean, TensorSlot::running_var})
    for (std::int64_t i = 0; i < 2; ++i) held(self, "n", slot).set(i, std::nan(""));
}

std::vector<Case> cases() {
  return {
      {"onnx-export-restores-root-flag", "python",
       model + "net.bn.eval()\nm = torch.onnx.export(net, x, training=EVAL, dynamo=False, "
               "opset_version=17)\n",
       3, [](ToldSubject& self) { self.module("net", "bn").training = true; },
       [](ToldSubject& self) { self.module("net").training = false; }},
      {"onnx-export-moves-state", "python",
       model + "m = torch.onnx.export(net, x, training=TRAINING, dynamo=False, "
               "opset_version=17)\n",
       2, [](ToldSubject& self) { self.run_through("net", "x"); }, nudge_mean},
      {"jit-trace-check-moves-state", "python", model + "s = torch.jit.trace(net, x)\n", 2,
       [](ToldSubject& self) {
         for (int i = 0; i < 4; ++i) self.run_through("net", "x");
       },
       move_counter},
      {"cpp-clone-requires-gradients", "libtorch",
       "net = BatchNorm2d(2)\nnet.requires_grad_(False)\nb = copy.deepcopy(net)\n", 2,
       [](ToldSubject& self) {
         for (const auto& parameter : self.module("b").parameters) parameter->requires_grad = true;
       },
       [](ToldSubject& self) { self.module("b").training = false; }},
      {"jit-unshares-children", "python",
       "bn = BatchNorm2d(2)\nnet = Sequential(a=bn, b=bn)\ns = torch.jit.script(net)\n", 2,
       [](ToldSubject& self) { self.split("s"); },
       [](ToldSubject& self) { self.module("s", "b").training = false; }},
      {"counter-moves-before-refusal", "python",
       "net = Sequential(bn=BatchNorm2d(2))\nx = tensor(1, 2, 1, 1, normal(0, 1))\ny = net(x)\n", 2,
       move_counter, move_counter},
      {"cpp-to-casts-counter", "libtorch", model + "net.to(float64)\n", 2,
       [](ToldSubject& self) {
         auto& counter = self.module("net", "bn")[TensorSlot::num_batches_tracked];
         counter = counter->to(DType::float64);
       },
       move_counter},
      {"instance-norm-tracks-while-off", "python",
       tracking + "net.n.track_running_stats = False\ny = net(x)\n", 3,
       [](ToldSubject& self) {
         self.module("net", "n").track_running_stats = true;
         self.run_through("net", "x");
         self.module("net", "n").track_running_stats = false;
       },
       [](ToldSubject& self) { held(self, "n", TensorSlot::running_mean).set(0, 5); }},
      {"instance-norm-writes-statistics-back", "python",
       tracking + "e = tensor(0, 2, 2, 2, [])\ny = net(e)\n", 3, forget_statistics,
       [](ToldSubject& self) { held(self, "n", TensorSlot::running_var).set(1, 1); }},
      {"cpp-instance-norm-writes-back-in-eval", "libtorch",
       tracking + "fill(net.n.running_mean, [1.5, 2])\nnet.eval()\ny = net(x)\n", 4,
       [](ToldSubject& self) { held(self, "n", TensorSlot::running_mean).set(0, 1.5 + 0x1p-23); },
       [](ToldSubject& self) { held(self, "n", TensorSlot::running_mean).set(0, 1.5 + 0x1p-20); },
       "1.13.1"},
  };
}

class Predictions : public ::testing::TestWithParam<Case> {};

TEST_P(Predictions, WhoDeviatesExactlySoIsKnown) {
  const Case& c = GetParam();
  ToldSubject subject(c.statements, c.family, c.version);
  subject.after[c.step] = c.deviate;
  const Checked checked = check(subject, {}, Deviations::built_in());
  ASSERT_FALSE(checked.judged.empty());
  for (const Judged& judged : checked.judged) {
    EXPECT_EQ(judged.step, c.step);
    EXPECT_EQ(judged.verdict, Verdict::known_deviation)
        << ::testing::PrintToString(checked.discrepancies());
    EXPECT_EQ(judged.deviation, c.id);
  }
}

TEST_P(Predictions, OnAVersionThatNothingWasMeasuredOnItIsKnownElsewhere) {
  const Case& c = GetParam();
  ToldSubject subject(c.statements, c.family, "2.99.0");
  subject.after[c.step] = c.deviate;
  const Checked checked = check(subject, {}, Deviations::built_in());
  ASSERT_FALSE(checked.judged.empty());
  for (const Judged& judged : checked.judged) {
    EXPECT_EQ(judged.verdict, Verdict::known_elsewhere)
        << ::testing::PrintToString(checked.discrepancies());
    EXPECT_EQ(judged.deviation, c.id);
  }
  EXPECT_EQ(checked.tally.known_elsewhere.count(c.id), 1u);
  EXPECT_EQ(checked.tally.deviations.count(c.id), 0u);
  ToldSubject further(c.statements, c.family, "2.99.0");
  further.after[c.step] = [&c](ToldSubject& self) {
    c.deviate(self);
    c.further(self);
  };
  EXPECT_FALSE(check(further, {}, Deviations::built_in()).tally.signatures.empty());
}

TEST_P(Predictions, WhoDeviatesFurtherIsNew) {
  const Case& c = GetParam();
  ToldSubject subject(c.statements, c.family, c.version);
  subject.after[c.step] = [&c](ToldSubject& self) {
    c.deviate(self);
    c.further(self);
  };
  EXPECT_FALSE(check(subject, {}, Deviations::built_in()).tally.signatures.empty());
}

TEST_P(Predictions, WithoutTheFileItIsNew) {
  const Case& c = GetParam();
  std::vector<Deviation> others;
  for (const Deviation& deviation : Deviations::built_in().list())
    if (deviation.id != c.id) others.push_back(deviation);
  ASSERT_EQ(others.size() + 1, Deviations::built_in().list().size());
  ToldSubject subject(c.statements, c.family, c.version);
  subject.after[c.step] = c.deviate;
  EXPECT_FALSE(check(subject, {}, Deviations(others)).tally.signatures.empty());
}

TEST_P(Predictions, WhoConformsIsRight) {
  const Case& c = GetParam();
  ToldSubject subject(c.statements, c.family, c.version);
  EXPECT_THAT(check(subject, {}, Deviations::built_in()).judged, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Known, Predictions, ::testing::ValuesIn(cases()), [](const auto& test) {
  std::string name = test.param.id;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(PredictionTable, NamesAreTheirOwnAndFound) {
  std::set<std::string_view> names;
  for (std::string_view name : prediction_names()) {
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_NE(prediction(name), nullptr) << name;
  }
  EXPECT_EQ(prediction("magic"), nullptr);
  EXPECT_EQ(prediction(""), nullptr);
}

TEST(Predictions, ASubjectThatAcceptsEpsZeroIsKnownAndItsValuesAreCompared) {
  const char* statements =
      "net = BatchNorm2d(2, eps=0)\nx = tensor(2, 2, 1, 1, [3, 2, 1, 6])\ny = net(x)\n";
  ToldSubject subject(statements, "libtorch");
  subject.accept = {2};
  const Checked known = check(subject, {}, Deviations::built_in());
  ASSERT_EQ(known.judged.size(), 1u);
  EXPECT_EQ(known.judged[0].deviation, "cpp-eps-is-not-checked");
  ToldSubject wrong(statements, "libtorch");
  wrong.accept = {2};
  wrong.lie(2, wrong.key("y", "", Slot::value));
  EXPECT_EQ(check(wrong, {}, Deviations::built_in()).tally.signatures.size(), 1u);
}

TEST(Predictions, ASingleValueThatCppTakesIsKnown) {
  const char* statements =
      "net = InstanceNorm1d(1)\nx = tensor(3, 1, 1, normal(0, 1))\ny = net(x)\n";
  ToldSubject subject(statements, "libtorch");
  subject.accept = {2};
  const Checked known = check(subject, {}, Deviations::built_in());
  ASSERT_EQ(known.tally.signatures.size(), 0u) << ::testing::PrintToString(known.discrepancies());
  ToldSubject python(statements, "python");
  python.accept = {2};
  EXPECT_EQ(check(python, {}, Deviations::built_in()).tally.signatures.size(), 1u);
}

TEST(Predictions, AnArtefactOfATrackingInstanceNormMayBeRefusedInTrainingOnly) {
  const auto found = [](const std::string& mode) {
    ToldSubject subject(
        "net = InstanceNorm2d(2, momentum=0, track_running_stats=True)\n"
        "x = tensor(2, 2, 2, 2, normal(0, 1))\n"
        "m = torch.onnx.export(net, x, training=" +
            mode + ", dynamo=False, opset_version=17)\ny = m(x)\n",
        "python");
    subject.refuse[3] = subject.wording(reference::ErrorKind::invalid_graph);
    return check(subject, {}, Deviations::built_in()).tally.signatures.size();
  };
  EXPECT_EQ(found("TRAINING"), 0u);
  EXPECT_EQ(found("EVAL"), 1u);
}

// A deviation is known as a whole: an exporter that flips one of two frozen layers is another one.
TEST(Predictions, WhoDeviatesInPartIsNew) {
  const char* statements =
      "net = Sequential(a=BatchNorm2d(2), b=BatchNorm2d(2))\n"
      "x = tensor(2, 2, 2, 2, normal(0, 1))\nnet.a.eval()\nnet.b.eval()\n"
      "m = torch.onnx.export(net, x, training=EVAL, dynamo=False, opset_version=17)\n";
  const auto flips = [&](const std::vector<const char*>& paths) {
    ToldSubject subject(statements, "python");
    subject.after[4] = [paths](ToldSubject& self) {
      for (const char* path : paths) self.module("net", path).training = true;
    };
    return check(subject, {}, Deviations::built_in()).tally.signatures.size();
  };
  EXPECT_EQ(flips({"a", "b"}), 0u);
  EXPECT_EQ(flips({"a"}), 1u);
}

// The prediction's own bound says nothing there, so it does not make the value known.
TEST(Predictions, WhatAnyValueAgreesWithIsNotCountedAsKnown) {
  const char* statements =
      "net = BatchNorm1d(2, eps=1e-40)\nx = tensor(4, 2, constant(3000))\nnet.eval()\n"
      "net.track_running_stats = False\ny = net(x)\n";
  ToldSubject subject(statements, "libtorch");
  subject.lie(4, subject.key("y", "", Slot::value));
  const Checked checked = check(subject, {}, Deviations::built_in());
  EXPECT_THAT(checked.tally.deviations, IsEmpty());
}

TEST(Predictions, AnArtefactIsRefusedForADropoutOfEverythingAlone) {
  const auto refused = [](const std::string& p, const std::string& mode) {
    ToldSubject subject("net = Dropout(p=" + p +
                            ")\nx = tensor(2, 3, normal(0, 1))\nm = torch.onnx.export(net, x, "
                            "training=" +
                            mode + ", dynamo=False, opset_version=17)\ny = m(x)\n",
                        "python");
    subject.refuse[3] = {"Fail", "was false. ratio must be in the range [0, 1)"};
    return check(subject, {}, Deviations::built_in()).tally.signatures.size();
  };
  EXPECT_EQ(refused("1", "TRAINING"), 0u) << "known";
  EXPECT_EQ(refused("0", "TRAINING"), 1u);
  EXPECT_EQ(refused("1", "EVAL"), 1u);
}

/// A subject whose exporter gives each norm of a graph such a mode, in the order of their calls.
ToldSubject with_modes(const std::string& net, const std::string& arguments,
                       const std::vector<bool>& training) {
  ToldSubject subject("net = " + net +
                          "\nx = tensor(3, 2, 4, normal(1, 2))\nm = torch.onnx.export(net, x, " +
                          arguments + ", opset_version=18)\ny = m(x)\n",
                      "python");
  subject.after[2] = [training](ToldSubject& self) {
    std::size_t norm = 0;
    for (const textbook::ModulePtr& node : self.artefact("m").nodes)
      if (is_norm(node->spec->layer)) node->baked_mode = training[norm++];
    self.artefact("m").norms.clear();
  };
  return subject;
}
using Ids = std::map<std::string, std::uint64_t>;
Ids known(ToldSubject subject) {
  const Checked checked = check(subject, {}, Deviations::built_in());
  EXPECT_THAT(checked.tally.signatures, IsEmpty())
      << ::testing::PrintToString(checked.discrepancies());
  return {checked.tally.deviations.begin(), checked.tally.deviations.end()};
}
bool is_new(ToldSubject subject) {
  return !check(subject, {}, Deviations::built_in()).tally.signatures.empty();
}

TEST(Predictions, ABatchNormOfTheNewerExporterMayNeverTrain) {
  const Ids expected = {{"onnx-dynamo-never-trains", 1}};
  for (const char* mode : {"PRESERVE", "TRAINING"})
    EXPECT_EQ(known(with_modes("BatchNorm1d(2)", "training=" + std::string(mode) + ", dynamo=True",
                               {false})),
              expected);
  EXPECT_TRUE(is_new(with_modes("BatchNorm1d(2)", "training=PRESERVE, dynamo=False", {false})));
  EXPECT_TRUE(is_new(with_modes("InstanceNorm1d(2, track_running_stats=True)",
                                "training=PRESERVE, dynamo=True", {false})))
      << "an instance norm is translated as it is";
  EXPECT_TRUE(is_new(with_modes("Sequential(BatchNorm1d(2), ReLU(), BatchNorm1d(2))",
                                "training=PRESERVE, dynamo=True", {true, false})))
      << "all of them or none";
}

TEST(Predictions, TheNewerExporterMayTakeEachModuleInItsOwnMode) {
  const std::string norm = "InstanceNorm1d(2, track_running_stats=True)";
  const Ids expected = {{"onnx-dynamo-ignores-training", 1}};
  EXPECT_EQ(known(with_modes(norm, "training=EVAL, dynamo=True", {true})), expected);
  EXPECT_TRUE(is_new(with_modes(norm, "training=EVAL, dynamo=False", {true})));
  EXPECT_TRUE(is_new(with_modes(norm, "training=TRAINING, dynamo=True", {false})));
  // A batch norm beside it shows the other difference, and both together are known.
  EXPECT_EQ(known(with_modes("Sequential(" + norm + ", BatchNorm1d(2))",
                             "training=EVAL, dynamo=True", {true, false}))
                .size(),
            1U);
}

TEST(Predictions, TheNewerExporterMayRefuseACumulativeAverageInTraining) {
  const auto refuses = [](const std::string& net, const std::string& dynamo) {
    ToldSubject subject = with_modes(net, "training=PRESERVE, dynamo=" + dynamo, {});
    subject.after.clear();
    subject.refuse[2] = subject.wording(reference::ErrorKind::data_dependent);
    return subject;
  };
  EXPECT_EQ(known(refuses("BatchNorm1d(2, momentum=None)", "True")),
            (Ids{{"onnx-dynamo-refuses-cumulative-average", 1}}));
  EXPECT_TRUE(is_new(refuses("BatchNorm1d(2)", "True")));
  EXPECT_TRUE(is_new(refuses("BatchNorm1d(2, momentum=None)", "False")));
  EXPECT_TRUE(is_new(refuses("InstanceNorm1d(2, momentum=None)", "True")));
}

TEST(Predictions, ASplitScriptsGradientsAddUp) {
  ToldSubject subject(
      "bn = BatchNorm2d(2)\nnet = Sequential(a=bn, b=bn)\nx = tensor(2, 2, 2, 2, normal(0, 1))\n"
      "s = torch.jit.script(net)\ny = s(x)\nbackward(y, normal(0, 1))\n",
      "python");
  subject.after[3] = [](ToldSubject& self) { self.split("s"); };
  const Checked checked = check(subject, {}, Deviations::built_in());
  EXPECT_THAT(checked.tally.signatures, IsEmpty())
      << ::testing::PrintToString(checked.discrepancies());
}

}  // namespace
}  // namespace normdiff
