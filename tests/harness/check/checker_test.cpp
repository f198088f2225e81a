#include <gmock/gmock.h>

#include "harness/profiles/generate.hpp"
#include "harness/scenario/text/text.hpp"
#include "tests/harness/check/checked.hpp"

namespace normdiff {
namespace {

using testing::check;
using testing::Checked;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::ToldSubject;

/// Something of everything.
constexpr const char* everything =
    "bn = BatchNorm2d(2)\n"                                                             // 0
    "net = Sequential(conv=Conv2d(1, 2, kernel_size=2), bn=bn, act=ReLU(), again=bn, "  //
    "flat=Flatten(), fc=Linear(8, 2), last=BatchNorm1d(2, momentum=None))\n"            // 1
    "x = tensor(3, 1, 3, 3, normal(1, 2), seed=5, requires_grad=True)\n"                // 2
    "y = net(x)\n"                                                                      // 3
    "backward(y, normal(0, 1), seed=6, retain_graph=True)\n"                            // 4
    "backward(y, normal(0, 1), seed=7)\n"                                               // 5
    "net.last.eval()\n"                                                                 // 6
    "net.bn.momentum = 0.5\n"                                                           // 7
    "net.bn.eps = 0.25\n"                                                               // 8
    "fill(net.bn.weight, uniform(0.5, 2), seed=8)\n"                                    // 9
    "b = copy.deepcopy(net)\n"                                                          // 10
    "b.last.track_running_stats = False\n"                                              // 11
    "s = torch.jit.script(net)\n"                                                       // 12
    "t = torch.jit.trace(b, x, check_trace=False)\n"                                    // 13
    "l = torch.jit.save_load(t)\n"                                                      // 14
    "z = s(x)\n"                                                                        // 15
    "backward(z, constant(1))\n"                                                        // 16
    "w = no_grad(l, x)\n"                                                               // 17
    "b.load_state_dict(net.state_dict())\n"                                             // 18
    "m = torch.onnx.export(net, x, training=EVAL, dynamo=False, opset_version=17)\n"    // 19
    "v = m(x)\n"                                                                        // 20
    "p = torch.onnx.export(b, x, training=PRESERVE, dynamo=False, opset_version=17)\n"  // 21
    "net.zero_grad()\n"                                                                 // 22
    "bn.reset_running_stats()\n"                                                        // 23
    "net.to(float64)\n"                                                                 // 24
    "q = net(x)\n";                                                                     // 25

TEST(Checker, AnHonestSubjectHasNoDiscrepancies) {
  ToldSubject subject(everything);
  const Checked checked = check(subject);
  EXPECT_THAT(checked.discrepancies(), IsEmpty());
  EXPECT_EQ(checked.tally.scenarios, 1u);
  EXPECT_EQ(checked.tally.steps, 26u);
  for (const ObservationClass observed : all_of<ObservationClass>)
    EXPECT_GT(checked.tally.compared(observed), 0u) << to_string(observed);
}

TEST(Checker, AnHonestSubjectHasNoDiscrepanciesOnGeneratedScenarios) {
  Scenario made;
  for (Profile profile : {Profile::modes, Profile::numerics, Profile::exports, Profile::dynamo})
    for (std::uint64_t i = 0; i < 150; ++i) {
      generate(profile, 7, i, made);
      ToldSubject subject("x = tensor(1, normal(0, 1))\n");
      subject.scenario = made;
      subject.scope = resolve(made);
      const Checked checked = check(subject);
      ASSERT_THAT(checked.discrepancies(), IsEmpty()) << print(made);
    }
}

/// Every observation of the honest trace that can be spoilt, with its step.
std::vector<std::pair<int, Key>> lies(const ToldSubject& subject, const Trace& trace) {
  std::vector<std::pair<int, Key>> list;
  for (std::size_t i = 0; i < trace.steps.size(); ++i)
    for (std::uint32_t o = trace.steps[i].first; o < trace.steps[i].last; ++o) {
      const Observation& seen = trace.observations[o];
      if (seen.key.slot == Slot::identity) continue;
      if (std::holds_alternative<None>(seen.value) && seen.key.slot != Slot::momentum) continue;
      // In eval, and where it is None, ONNX's momentum has no effect: legally anything.
      if (seen.key.slot == Slot::onnx_momentum &&
          (subject.scenario.names[seen.key.name] == "m" || seen.key.place == 2))
        continue;
      list.emplace_back(static_cast<int>(i), seen.key);
    }
  return list;
}

bool names(const Checked& checked, int step, Key key) {
  return std::any_of(checked.judged.begin(), checked.judged.end(), [&](const Judged& judged) {
    return judged.step == step && judged.key == key && judged.verdict == Verdict::diverged &&
           judged.observed_class == class_of(key.slot);
  });
}

TEST(Checker, ALieAtAnyKeyIsFoundAtItsStepAndNowhereElse) {
  ToldSubject honest(everything);
  const Trace trace = honest.run();
  const auto list = lies(honest, trace);
  EXPECT_GT(list.size(), 350u);
  for (const auto& [step, key] : list) {
    SCOPED_TRACE("step " + std::to_string(step) + ", " + honest.scenario.names[key.name] +
                 ", place " + std::to_string(key.place) + ", " + std::string(to_string(key.slot)));
    ToldSubject liar(everything);
    liar.lie(step, key);
    const Checked checked = check(liar);
    EXPECT_TRUE(names(checked, step, key));
    for (const Judged& judged : checked.judged) EXPECT_EQ(judged.step, step);
    ToldSubject again(everything);
    again.lie(step, key);
    CheckOptions options;
    options.always_equal = true;
    EXPECT_THAT(check(again, options).judged, IsEmpty()) << "these tests can fail";
  }
}

TEST(Checker, WhatNothingAskedForIsFound) {
  // Long after its last change, in a step that has to do with something else.
  for (Slot slot : {Slot::training, Slot::momentum, Slot::eps, Slot::track_running_stats,
                    Slot::weight, Slot::bias, Slot::running_mean, Slot::running_var,
                    Slot::num_batches_tracked, Slot::weight_grad, Slot::bias_grad})
    for (int step = 5; step < 22; ++step) {
      ToldSubject liar(everything);
      const Key key = liar.key("net", "last", slot);
      liar.lie(step, key);
      const Checked checked = check(liar);
      EXPECT_TRUE(names(checked, step, key)) << to_string(slot) << step;
      for (const Judged& judged : checked.judged) EXPECT_EQ(judged.step, step);
    }
}

TEST(Checker, AnEarlyLieHidesNoLaterOne) {
  ToldSubject honest(everything);
  const Trace trace = honest.run();
  const auto list = lies(honest, trace);
  for (std::size_t i = 0; i + 37 < list.size(); i += 11) {
    const auto [step, key] = list[i];
    const auto [later_step, later] = list[i + 37];
    if (key == later || step == later_step) continue;
    ToldSubject liar(everything);
    liar.lie(step, key);
    liar.lie(later_step, later);
    const Checked checked = check(liar);
    EXPECT_TRUE(names(checked, step, key));
    // A graph is derived from its forward: where that deviated, its backward is not compared.
    const bool underived = checked.count(ObservationClass::error, Verdict::underived) > 0 &&
                           class_of(later.slot) == ObservationClass::gradient;
    EXPECT_TRUE(underived || names(checked, later_step, later))
        << step << " " << to_string(key.slot) << ", " << later_step << " " << to_string(later.slot);
  }
}

TEST(Checker, TheSignatureSaysWhoDidWhatWhere) {
  ToldSubject flag("net = Sequential(bn=BatchNorm2d(2))\nnet.eval()\n", "libtorch");
  flag.lie(1, flag.key("net", "bn", Slot::training));
  EXPECT_THAT(check(flag).signatures,
              ElementsAre("libtorch/train/BatchNorm2d//flag:training/diverged"));
  const char* forward =
      "net = Sequential(bn=BatchNorm2d(2))\nx = tensor(2, 2, 2, 2, normal(0, 1))\ny = net(x)\n";
  ToldSubject output(forward);
  output.lie(2, output.key("y", "", Slot::value));
  const Checked checked = check(output);
  EXPECT_THAT(checked.signatures,
              ElementsAre("textbook/forward/BatchNorm2d/batch statistics/output:value/diverged"));
  EXPECT_GT(checked.judged[0].ratio, 1);
  EXPECT_THAT(checked.judged[0].expected, HasSubstr("at [0]"));
  EXPECT_EQ(checked.tally.signatures.at(checked.signatures[0]), 1u);
}

TEST(Checker, KeepsEverythingOnRequest) {
  ToldSubject subject(everything);
  CheckOptions options;
  options.keep_everything = true;
  const Checked checked = check(subject, options);
  std::uint64_t total = 0;
  for (const ObservationClass observed : all_of<ObservationClass>)
    total += checked.tally.compared(observed);
  EXPECT_EQ(checked.judged.size(), total);
  EXPECT_TRUE(std::is_sorted(checked.judged.begin(), checked.judged.end(),
                             [](const Judged& a, const Judged& b) { return a.step < b.step; }));
}

TEST(Checker, IsUsedAgainWithoutAMemoryOfTheScenarioBefore) {
  ToldSubject first(everything);
  first.lie(9, first.key("net", "last", Slot::training));
  ToldSubject second(everything);
  const Trace a = first.run();
  const Trace b = second.run();
  Checker checker(first.manifest, {}, {});
  Tally tally;
  CheckResult result;
  checker.check(first.scenario, first.scope, a, tally, result);
  EXPECT_EQ(result.judged.size(), 1u);
  checker.check(second.scenario, second.scope, b, tally, result);
  EXPECT_THAT(result.judged, IsEmpty());
  EXPECT_EQ(tally.scenarios, 2u);
}

// --- outcomes -----------------------------------------------------------------------------------

constexpr const char* refused =
    "net = BatchNorm2d(2)\n"
    "x = tensor(1, 2, 1, 1, normal(0, 1))\n"
    "y = net(x)\n"
    "backward(y, constant(1))\n";
constexpr const char* fine =
    "net = BatchNorm2d(2)\n"
    "x = tensor(2, 2, 1, 1, [1, 2, 3, 6], requires_grad=True)\n"
    "y = net(x)\n"
    "backward(y, constant(1))\n"
    "net.eval()\n";

TEST(Checker, BothRejectForTheSameKindOfReason) {
  for (const char* family : {"textbook", "python", "libtorch"}) {
    ToldSubject subject(refused, family);
    const Checked checked = check(subject);
    EXPECT_THAT(checked.discrepancies(), IsEmpty());
    EXPECT_EQ(checked.count(ObservationClass::error, Verdict::both_rejected), 1u);
    EXPECT_EQ(checked.count(ObservationClass::error, Verdict::unsupported), 1u)
        << "the backward needs y, which was not made";
    EXPECT_EQ(checked.tally.not_compared.at("needs y, which was not made"), 1u);
  }
}

TEST(Checker, TwoRefusalsForDifferentReasonsAreADiscrepancy) {
  ToldSubject subject(refused);
  subject.refuse[2] = {"channel_mismatch", ""};
  EXPECT_THAT(check(subject).outcomes(), ElementsAre(Verdict::rejected_differently));
  ToldSubject unknown(refused, "python");
  unknown.refuse[2] = {"ValueError", "whatever"};
  EXPECT_THAT(check(unknown).outcomes(), ElementsAre(Verdict::rejected_differently))
      << "what nobody can read agrees with nothing";
}

TEST(Checker, ARefusalOfWhatIsDocumentedToWork) {
  ToldSubject subject(fine);
  subject.refuse[2] = {"wrong_rank", ""};
  const Checked checked = check(subject);
  ASSERT_THAT(checked.outcomes(), ElementsAre(Verdict::rejected_by_subject));
  EXPECT_EQ(checked.judged.size(), 1u) << "it changed nothing, as a refused call should";
  EXPECT_EQ(checked.judged[0].expected, "done");
  ToldSubject damages(fine);
  damages.refuse[2] = {"wrong_rank", ""};
  damages.after[2] = [](ToldSubject& self) { self.module("net").training = false; };
  EXPECT_EQ(check(damages).judged.size(), 2u);
}

TEST(Checker, AcceptingWhatIsRefusedIsADiscrepancyAndItsValuesAreComparedAllTheSame) {
  const char* statements =
      "net = BatchNorm2d(2, eps=0)\n"
      "x = tensor(2, 2, 1, 1, [3, 2, 1, 6])\n"
      "y = net(x)\n"
      "net.eval()\n";
  ToldSubject subject(statements);
  subject.accept = {2};
  const Checked checked = check(subject);
  EXPECT_THAT(checked.outcomes(), ElementsAre(Verdict::accepted_by_subject));
  EXPECT_EQ(checked.judged.size(), 1u);
  EXPECT_GT(checked.tally.compared(ObservationClass::output), 0u);
  ToldSubject liar(statements);
  liar.accept = {2};
  liar.lie(2, liar.key("y", "", Slot::value));
  EXPECT_EQ(check(liar).judged.size(), 2u);
}

TEST(Checker, WhatComesOfSomethingThatHasNoFormulaIsNotCompared) {
  ToldSubject subject(
      "net = BatchNorm2d(2)\n"
      "x = tensor(2, 3, 1, 1, normal(0, 1))\n"
      "y = net(x)\n"
      "backward(y, constant(1))\n");
  subject.instead[2] = [](ToldSubject&) {};
  subject.instead[3] = [](ToldSubject&) {};
  const Checked checked = check(subject);
  ASSERT_EQ(checked.judged.size(), 1u);
  EXPECT_EQ(checked.judged[0].verdict, Verdict::accepted_by_subject);
  EXPECT_EQ(checked.count(ObservationClass::error, Verdict::underived), 1u);
}

TEST(Checker, UnsupportedIsCountedByItsReasonAndWhatMovedIsFound) {
  ToldSubject subject(fine, "somebody");  // a family that the table does not know
  subject.unsupported[4] = "needs what is not there";
  const Checked checked = check(subject);
  EXPECT_THAT(checked.judged, IsEmpty());
  EXPECT_EQ(checked.tally.not_compared.at("needs what is not there"), 1u);
  ToldSubject moving(fine, "somebody");
  moving.unsupported[4] = "needs what is not there";
  moving.lie(4, moving.key("net", "", Slot::running_mean));
  EXPECT_EQ(check(moving).judged.size(), 1u);
}

TEST(Checker, DecliningWhatTheSupportTableSaysIsDoneIsAHarnessError) {
  ToldSubject subject(fine);
  subject.unsupported[4] = "no such thing here";
  const Checked checked = check(subject);
  ASSERT_EQ(checked.judged.size(), 1u);
  EXPECT_EQ(checked.judged[0].verdict, Verdict::harness_error);
  EXPECT_EQ(checked.judged[0].observed, "declined: no such thing here");
}

TEST(Checker, WhatMovedInAnUnsupportedStepIsHeldAgainstDeviationsFromTheStateBeforeIt) {
  ToldSubject subject("net = Sequential(bn=BatchNorm2d(2))\nnet.training = False\n", "libtorch");
  subject.unsupported[1] = "no way to set the flag alone";
  subject.lie(1, subject.key("net", "bn", Slot::num_batches_tracked));
  const Checked checked = check(subject, {}, Deviations::built_in());
  ASSERT_EQ(checked.judged.size(), 1u);
  EXPECT_EQ(checked.judged[0].verdict, Verdict::diverged);
}

TEST(Checker, ATraceThatEndsEarlyWithoutSayingWhyIsAnErrorOfTheHarness) {
  ToldSubject subject(fine);
  Trace trace = subject.run();
  trace.steps.pop_back();
  EXPECT_THAT(check(subject, trace).outcomes(), ElementsAre(Verdict::harness_error));
  trace.steps.back().outcome = Outcome::crashed;
  EXPECT_THAT(check(subject, trace).outcomes(), ElementsAre(Verdict::crashed));
}

TEST(Checker, OnlyWhatWasNotMadeMayBeNeeded) {
  ToldSubject subject(fine);
  Trace trace = subject.run();
  trace.steps[2].outcome = Outcome::unsupported;
  trace.steps[2].text = "needs net, which was not made";
  ASSERT_FALSE(check(subject, trace).outcomes().empty());
  EXPECT_EQ(check(subject, trace).outcomes().front(), Verdict::harness_error);
}

TEST(Checker, ACrashEndsTheScenario) {
  const std::vector<std::pair<Outcome, Verdict>> ends = {
      {Outcome::crashed, Verdict::crashed},
      {Outcome::timed_out, Verdict::timed_out},
      {Outcome::out_of_memory, Verdict::out_of_memory},
      {Outcome::disturbed, Verdict::harness_error}};
  for (const auto& [outcome, verdict] : ends) {
    ToldSubject subject(fine);
    subject.end[2] = outcome;
    const Checked checked = check(subject);
    EXPECT_EQ(checked.tally.steps, 3u);
    EXPECT_EQ(checked.count(ObservationClass::error, verdict), 1u);
    EXPECT_EQ(checked.outcomes().size(), verdict == Verdict::out_of_memory ? 0u : 1u)
        << "out of memory is indeterminate, the others are findings";
  }
}

}  // namespace
}  // namespace normdiff
