#include "harness/check/trial.hpp"

#include <gmock/gmock.h>

#include "harness/triage/deviations.hpp"
#include "tests/harness/check/shown_step.hpp"

namespace normdiff {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::ShownStep;

constexpr Key flag{0, 0, Slot::training};
constexpr Key child_flag{0, 1, Slot::training};
constexpr Key eps{0, 0, Slot::eps};
constexpr Key output{1, 0, Slot::value};

Judged discrepancy(Key key, ObservationClass observed_class, Verdict verdict = Verdict::diverged) {
  Judged judged;
  judged.key = key;
  judged.observed_class = observed_class;
  judged.verdict = verdict;
  return judged;
}
Judged discrepancy(Key key) {
  return discrepancy(key, class_of(key.slot));
}

/// Makes the claims of a deviation that is about these observations.
Claims about(std::vector<std::string> observations) {
  Deviation deviation;
  deviation.observations = std::move(observations);
  return Claims(deviation);
}

/// A step with its discrepancies, and the trial of a deviation.
struct Tried : ShownStep {
  Claims claims;
  std::vector<Judged> discrepancies;
  Trial trial;

  Tried(std::vector<std::string> observations, std::vector<Observation> shown,
        std::vector<Judged> found, Outcome outcome = Outcome::ok)
      : ShownStep(std::move(shown), outcome),
        claims(about(std::move(observations))),
        discrepancies(std::move(found)),
        trial(claims, observed, record(), discrepancies) {}

  [[nodiscard]] std::vector<Key> explained() const {
    std::vector<Key> keys;
    for (const Explained& one : trial.explained()) keys.push_back(one.discrepancy->key);
    return keys;
  }
};

TEST(Trial, WhatIsPredictedAndSeenExplainsItsDiscrepancy) {
  Tried step({"flag:*"}, {{flag, true}, {child_flag, false}}, {discrepancy(child_flag)});
  step.trial.exact(flag, true, {});
  step.trial.exact(child_flag, false, {});
  EXPECT_THAT(step.explained(), ElementsAre(child_flag));
}

TEST(Trial, APredictionIsSeenAsAWholeOrExplainsNothing) {
  Tried step({"flag:*"}, {{flag, true}, {child_flag, false}}, {discrepancy(child_flag)});
  step.trial.exact(child_flag, false, {});
  step.trial.exact(flag, false, {});  // it is as documented
  EXPECT_THAT(step.explained(), IsEmpty());
}

TEST(Trial, AnotherDiscrepancyMayBeAnotherDeviations) {
  Tried step({"flag:*"}, {{flag, true}, {child_flag, false}},
             {discrepancy(flag), discrepancy(child_flag)});
  step.trial.exact(flag, false, {});
  step.trial.exact(child_flag, false, {});
  EXPECT_THAT(step.explained(), ElementsAre(child_flag));
}

TEST(Trial, OfWhatTheDeviationIsNotAboutNothingIsAsked) {
  Tried step({"flag:*"}, {{flag, true}, {eps, 0.5}}, {discrepancy(flag), discrepancy(eps)});
  step.trial.exact(flag, true, {});
  step.trial.exact(eps, 0.5, {});
  step.trial.exact(output, 1.0, {});
  EXPECT_THAT(step.explained(), ElementsAre(flag));
}

TEST(Trial, WhatIsAlwaysRightExplainsNothing) {
  Tried step({"flag:*"}, {{flag, true}}, {discrepancy(flag)});
  step.trial.anything(flag, "it is open");
  EXPECT_THAT(step.explained(), IsEmpty());
}

TEST(Trial, ARefusedStepNeedNotShowWhatItWouldHaveMade) {
  for (const Outcome outcome : {Outcome::error, Outcome::ok}) {
    Tried step({"flag:*", "output:*"}, {{flag, true}}, {discrepancy(flag)}, outcome);
    step.trial.exact(flag, true, {});
    step.trial.exact(output, 1.0, {});
    EXPECT_EQ(step.explained().size(), outcome == Outcome::error ? 1u : 0u);
  }
}

TEST(Trial, ATensorIsHeldToItsFactsAndItsBounds) {
  const auto explained = [](const Shape& shape, const reference::Comparison& comparison) {
    ObservedTensor tensor;
    tensor.shape = {2};
    Tried step({"output:*"}, {{output, tensor}}, {discrepancy(output)});
    step.trial.within(output, {DType::float32, shape, false, true, 0}, {},
                      [&](const void*) { return comparison; });
    std::vector<Verdict> verdicts;
    for (const Explained& one : step.trial.explained()) verdicts.push_back(one.verdict);
    return verdicts;
  };
  EXPECT_THAT(explained({2}, {.within = 2}), ElementsAre(Verdict::within_bound));
  EXPECT_THAT(explained({2}, {.loose = 2}), ElementsAre(Verdict::loose)) << "how closely";
  EXPECT_THAT(explained({2}, {.within = 1, .outside = 1}), IsEmpty());
  EXPECT_THAT(explained({1, 2}, {.within = 2}), IsEmpty());
}

/// Tries a deviation that is about flags and `claim` on a step with a wrong flag and a wrong
/// outcome, and says whether it explains anything.
bool explains_beside(const std::string& claim, Verdict predicted, Outcome outcome) {
  Tried step({"flag:*", claim}, {{flag, true}},
             {discrepancy(flag), discrepancy({0, 0, Slot::value}, ObservationClass::error,
                                             Verdict::rejected_differently)},
             outcome);
  step.trial.exact(flag, true, {});
  step.trial.outcome(predicted);
  return !step.trial.explained().empty();
}

TEST(Trial, APredictionOfAStepThatEndedOtherwiseExplainsNothing) {
  for (const Outcome outcome : {Outcome::ok, Outcome::error}) {
    EXPECT_TRUE(explains_beside("option:eps", Verdict::both_rejected, outcome));
    EXPECT_FALSE(explains_beside("option:eps", Verdict::rejected_differently, outcome));
    EXPECT_TRUE(explains_beside("error:outcome", Verdict::both_rejected, outcome));
  }
  EXPECT_FALSE(explains_beside("error:outcome", Verdict::rejected_differently, Outcome::error))
      << "one deviation alone stops a step";
  EXPECT_TRUE(explains_beside("error:outcome", Verdict::accepted_by_subject, Outcome::ok))
      << "another one may let it go on";
}

TEST(Trial, AnOutcomeIsExplainedAsAnythingElse) {
  Tried step(
      {"error:outcome"}, {},
      {discrepancy({0, 0, Slot::value}, ObservationClass::error, Verdict::rejected_by_subject)},
      Outcome::error);
  step.trial.outcome(Verdict::both_rejected);
  EXPECT_THAT(step.explained(), ElementsAre(Key{0, 0, Slot::value}));
}

TEST(AnythingNew, IsADiscrepancyThatNoDeviationExplains) {
  EXPECT_FALSE(anything_new({}));
  const auto of = [](Verdict verdict) {
    return discrepancy(flag, ObservationClass::flag, verdict);
  };
  EXPECT_FALSE(anything_new({of(Verdict::known_deviation), of(Verdict::loose)}));
  EXPECT_TRUE(anything_new({of(Verdict::known_deviation), of(Verdict::diverged)}));
}

TEST(Concerns, IsADiscrepancyThatTheDeviationIsAbout) {
  EXPECT_TRUE(concerns(about({"option:eps"}), {discrepancy(flag), discrepancy(eps)}));
  EXPECT_FALSE(concerns(about({"option:momentum"}), {discrepancy(flag), discrepancy(eps)}));
  EXPECT_FALSE(concerns(about({"option:eps"}), {}));
}

TEST(Explain, ASharpPredictionMakesADiscrepancyKnown) {
  Judged judged = discrepancy(output);
  explain({&judged, Verdict::within_bound}, "first", Verdict::known_deviation);
  EXPECT_EQ(judged.verdict, Verdict::known_deviation);
  EXPECT_EQ(judged.deviation, "first");
  explain({&judged, Verdict::equal}, "first", Verdict::known_deviation);
  EXPECT_EQ(judged.verdict, Verdict::known_deviation) << "once more the same";
}

TEST(Explain, APredictionThatSaysLittleIsNotNamedAndGivesWayToASharpOne) {
  Judged judged = discrepancy(output);
  explain({&judged, Verdict::loose}, "vague", Verdict::known_deviation);
  EXPECT_EQ(judged.verdict, Verdict::loose);
  EXPECT_EQ(judged.deviation, "");
  explain({&judged, Verdict::equal}, "sharp", Verdict::known_deviation);
  EXPECT_EQ(judged.deviation, "sharp");
  explain({&judged, Verdict::loose}, "vague", Verdict::known_deviation);
  EXPECT_EQ(judged.verdict, Verdict::known_deviation);
  EXPECT_EQ(judged.deviation, "sharp");
}

TEST(Explain, TwoSharpPredictionsOfOneDiscrepancyAreAHarnessError) {
  Judged judged = discrepancy(output);
  explain({&judged, Verdict::equal}, "first", Verdict::known_deviation);
  explain({&judged, Verdict::equal}, "second", Verdict::known_deviation);
  EXPECT_EQ(judged.verdict, Verdict::harness_error);
  EXPECT_EQ(judged.observed, "predicted by both first and second");
  EXPECT_EQ(judged.deviation, "");
}

TEST(Explain, WhatIsKnownElsewhereGivesWayToWhatIsKnownOfThisVersion) {
  Judged judged = discrepancy(output);
  explain({&judged, Verdict::equal}, "elsewhere", Verdict::known_elsewhere);
  EXPECT_EQ(judged.verdict, Verdict::known_elsewhere);
  explain({&judged, Verdict::equal}, "elsewhere too", Verdict::known_elsewhere);
  EXPECT_EQ(judged.deviation, "elsewhere");
  explain({&judged, Verdict::equal}, "here", Verdict::known_deviation);
  EXPECT_EQ(judged.verdict, Verdict::known_deviation);
  EXPECT_EQ(judged.deviation, "here");
  explain({&judged, Verdict::equal}, "elsewhere", Verdict::known_elsewhere);
  EXPECT_EQ(judged.verdict, Verdict::known_deviation);
  EXPECT_EQ(judged.deviation, "here");
}

}  // namespace
}  // namespace normdiff
