#include "harness/check/oracle.hpp"

#include <gmock/gmock.h>

#include "tests/harness/check/shown_step.hpp"

namespace normdiff {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using testing::ShownStep;
using ::testing::SizeIs;

constexpr Key training{0, 0, Slot::training};
constexpr Key eps{0, 0, Slot::eps};
constexpr Key mean{0, 0, Slot::running_mean};
constexpr Key output{1, 0, Slot::value};
const Origin batch_norm{reference::kind_of<reference::BatchNorm<2>>, "batch statistics",
                        std::nullopt};

ObservedTensor tensor(const std::vector<float>& elements, std::uint64_t storage = 0) {
  ObservedTensor made;
  made.shape = {static_cast<std::int64_t>(elements.size())};
  made.strides = {1};
  made.storage = storage;
  made.data = reinterpret_cast<const std::byte*>(elements.data());
  return made;
}

/// A step, and what an oracle makes of it.
struct OneStep : ShownStep {
  CheckOptions options;
  Tally tally;
  std::vector<Judged> judged;
  std::vector<Judged> discrepancies = std::vector<Judged>(3);  ///< of the step before
  Oracle oracle;

  explicit OneStep(std::vector<Observation> shown, Outcome outcome = Outcome::ok,
                   CheckOptions asked = {})
      : ShownStep(std::move(shown), outcome),
        options(asked),
        oracle(options, observed, record(), tally, judged, discrepancies) {}

  [[nodiscard]] std::uint64_t counted(ObservationClass observed_class, Verdict verdict) const {
    return tally.verdicts[observed_class][verdict];
  }
  /// Judges what no expectation named.
  void judge_rest() {
    World world;
    world.reset(2);
    oracle.rest(trace, world);
  }
};

TEST(Oracle, CountsAgreementAtOnceAndCollectsDiscrepancies) {
  OneStep step({{training, true}, {eps, 0.5}});
  EXPECT_THAT(step.discrepancies, IsEmpty()) << "those of the step before are gone";
  step.oracle.exact(training, true, batch_norm);
  EXPECT_EQ(step.counted(ObservationClass::flag, Verdict::equal), 1u);
  EXPECT_THAT(step.discrepancies, IsEmpty());
  step.oracle.exact(eps, 0.25, batch_norm);
  EXPECT_EQ(step.tally.total(ObservationClass::option), 0u) << "a deviation may explain it";
  ASSERT_THAT(step.discrepancies, SizeIs(1));
  const Judged& found = step.discrepancies[0];
  EXPECT_EQ(found.step, 0);
  EXPECT_EQ(found.key, eps);
  EXPECT_EQ(found.observed_class, ObservationClass::option);
  EXPECT_EQ(found.verdict, Verdict::diverged);
  EXPECT_EQ(found.leaf, reference::kind_of<reference::BatchNorm<2>>);
  EXPECT_EQ(found.expected, "0.25");
  EXPECT_EQ(found.observed, "0.5");
  EXPECT_THAT(step.tally.branches_reached, ElementsAre(Pair("batch statistics", 2u)));
  EXPECT_THAT(step.judged, IsEmpty());
}

TEST(Oracle, JudgesAnObservationOnceInAStep) {
  OneStep step({{training, true}});
  step.oracle.exact(training, true, {});
  step.oracle.exact(training, false, {});
  EXPECT_EQ(step.tally.total(ObservationClass::flag), 1u);
  EXPECT_THAT(step.discrepancies, IsEmpty());
}

TEST(Oracle, WhatIsNotShownDivergesUnlessTheStepWasRefused) {
  OneStep done({});
  done.oracle.exact(training, true, {});
  ASSERT_THAT(done.discrepancies, SizeIs(1));
  EXPECT_EQ(done.discrepancies[0].observed, "nothing");
  OneStep refused({{eps, 0.5}}, Outcome::error);
  refused.oracle.exact(training, true, {});
  EXPECT_THAT(refused.discrepancies, IsEmpty());
  refused.oracle.exact(eps, 0.25, {});
  EXPECT_THAT(refused.discrepancies, SizeIs(1)) << "what a refused step shows is judged";
}

TEST(Oracle, TensorsThatDifferInMemoryAloneAreSaidTo) {
  const std::vector<float> elements = {1, 2};
  OneStep step({{mean, tensor(elements, mean.packed())}});
  step.oracle.exact(mean, tensor(elements, eps.packed()), {});
  ASSERT_THAT(step.discrepancies, SizeIs(1));
  EXPECT_EQ(step.discrepancies[0].expected, "[1 2], in shared memory");
  EXPECT_EQ(step.discrepancies[0].observed, "[1 2], in memory of its own");
}

TEST(Oracle, ATensorIsHeldToItsBoundsWhereItsFactsAreRight) {
  const std::vector<float> elements = {1, 2};
  int asked = 0;
  const auto compare = [&](const void* observed) -> reference::Comparison {
    EXPECT_EQ(observed, elements.data());
    ++asked;
    return {.within = 2, .worst_ratio = 0.55, .worst_index = 0};
  };
  OneStep right({{output, tensor(elements)}});
  right.oracle.within(output, {DType::float32, {2}, false, true, 0}, batch_norm, compare);
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(right.counted(ObservationClass::output, Verdict::within_bound), 1u);
  EXPECT_EQ(
      right.tally.ratios[ObservationClass::output][DType::float32][Layout::contiguous].buckets[5],
      1u);
  OneStep wrong({{output, tensor(elements)}});
  wrong.oracle.within(output, {DType::float64, {1, 2}, true, false, 0}, batch_norm, compare);
  EXPECT_EQ(asked, 1) << "there is nothing to compare";
  ASSERT_THAT(wrong.discrepancies, SizeIs(1));
  EXPECT_EQ(wrong.discrepancies[0].expected, "float64[1, 2] requires_grad of a graph");
  EXPECT_EQ(wrong.discrepancies[0].observed, "float32[2]");
}

TEST(Oracle, TheElementFurthestOutIsShown) {
  const std::vector<float> elements = {1, 2};
  OneStep step({{output, tensor(elements)}});
  step.oracle.within(output, {DType::float32, {2}, false, true, 0}, {},
                     [](const void*) -> reference::Comparison {
                       return {.equal = 1,
                               .outside = 1,
                               .worst_ratio = 4,
                               .worst_index = 1,
                               .worst_expected = 3,
                               .worst_observed = 2,
                               .worst_bound = 0.25};
                     });
  ASSERT_THAT(step.discrepancies, SizeIs(1));
  EXPECT_EQ(step.discrepancies[0].expected, "3 (+- 0.25) at [1]");
  EXPECT_EQ(step.discrepancies[0].observed, "2");
  EXPECT_EQ(step.discrepancies[0].ratio, 4);
}

TEST(Oracle, WhatNoExpectationNamedDiverges) {
  OneStep step({{training, true}, {eps, 0.5}, {mean, None{}}});
  step.oracle.exact(training, true, {});
  step.oracle.anything(eps, "it is open");
  step.judge_rest();
  ASSERT_THAT(step.discrepancies, SizeIs(1));
  EXPECT_EQ(step.discrepancies[0].key, mean);
  EXPECT_STREQ(step.discrepancies[0].branch, "unasked");
  EXPECT_EQ(step.discrepancies[0].expected, "nothing") << "as before";
  EXPECT_EQ(step.tally.total(ObservationClass::option), 0u)
      << "whatever is right is counted beside all others";
  EXPECT_EQ(step.tally.free.at("it is open"), 1U);
}

TEST(Oracle, WhatIsUnderivedIsCountedByItsReasonAndNotJudgedAfterwards) {
  OneStep step({{training, true}, {eps, 0.5}, {mean, None{}}});
  step.oracle.exact(training, true, {});
  step.oracle.underived_where(step.trace, "unknown to us",
                              [](const Observation& seen) { return !(seen.key == mean); });
  step.oracle.underived_outcome("unknown to us");
  step.oracle.not_compared("declined");
  step.judge_rest();
  EXPECT_THAT(step.tally.not_compared,
              ElementsAre(Pair("declined", 1u), Pair("unknown to us", 2u)));
  EXPECT_EQ(step.counted(ObservationClass::flag, Verdict::underived), 0u) << "judged before";
  EXPECT_EQ(step.counted(ObservationClass::option, Verdict::underived), 1u);
  EXPECT_EQ(step.counted(ObservationClass::error, Verdict::underived), 1u);
  ASSERT_THAT(step.discrepancies, SizeIs(1));
  EXPECT_EQ(step.discrepancies[0].key, mean);
}

TEST(Oracle, AnErrorOfTheHarnessIsKeptAndIsNoDiscrepancy) {
  OneStep step({});
  step.oracle.outcome(Verdict::harness_error, {}, "every step", "fewer");
  EXPECT_THAT(step.discrepancies, IsEmpty());
  ASSERT_THAT(step.judged, SizeIs(1));
  EXPECT_EQ(step.judged[0].observed_class, ObservationClass::error);
  EXPECT_EQ(step.counted(ObservationClass::error, Verdict::harness_error), 1u);
}

TEST(Oracle, KeepsAgreementWithItsTextWhereAskedTo) {
  OneStep step({{training, true}}, Outcome::ok, {.keep_everything = true});
  step.oracle.exact(training, true, {});
  ASSERT_THAT(step.judged, SizeIs(1));
  EXPECT_EQ(step.judged[0].expected, "True");
}

TEST(Oracle, OneThatAlwaysSaysEqualFindsNothing) {
  OneStep step({{training, true}, {mean, None{}}}, Outcome::ok, {.always_equal = true});
  step.oracle.exact(training, false, {});
  step.oracle.outcome(Verdict::accepted_by_subject, {}, "refused", "done");
  step.judge_rest();
  EXPECT_THAT(step.discrepancies, IsEmpty());
  EXPECT_EQ(step.counted(ObservationClass::flag, Verdict::equal), 1u);
}

}  // namespace
}  // namespace normdiff
