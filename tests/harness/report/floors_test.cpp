#include <gmock/gmock.h>

#include <optional>

#include "tests/harness/report/sample_report.hpp"

namespace normdiff::test {
namespace {

using testing::IsEmpty;

ReportSubject subject_with(const std::string& profile, const Tally& tally) {
  ReportSubject subject;
  subject.manifest = {"libtorch", "libtorch", "2.13.0", "", ""};
  subject.profiles.push_back({profile, tally});
  return subject;
}

std::optional<Floor> find(const std::vector<Floor>& floors, const std::string& word) {
  for (const Floor& floor : floors)
    if (floor.what.find(word) != std::string::npos) return floor;
  return std::nullopt;
}

Tally mixed(ObservationClass observed, Verdict a, std::uint64_t n, Verdict b, std::uint64_t m) {
  Tally tally = tally_of(observed, a, n);
  tally += tally_of(observed, b, m);
  return tally;
}

using State = Floor::State;

State state_of(const std::vector<Floor>& floors, const std::string& word) {
  const auto floor = find(floors, word);
  EXPECT_TRUE(floor) << word;
  return floor ? floor->state() : State::passed;
}

TEST(Floors, NinetyFivePercentOfEveryClassMustBeCompared) {
  for (const auto& [not_compared, state] : {std::pair(500, State::passed), {1000, State::missed}}) {
    const auto floors = floors_of({subject_with(
        "modes", mixed(ObservationClass::flag, Verdict::equal, 10'000 - not_compared,
                       Verdict::unsupported, static_cast<std::uint64_t>(not_compared)))});
    EXPECT_EQ(state_of(floors, "flag observations compared"), state);
  }
}

TEST(Floors, ManyFlagsDoNotHideAnOutputThatNobodyCompared) {
  Tally tally = tally_of(ObservationClass::flag, Verdict::equal, 1'000'000);
  tally += tally_of(ObservationClass::output, Verdict::underived, 100);
  const auto floors = floors_of({subject_with("modes", tally)});
  EXPECT_EQ(state_of(floors, "output observations compared"), State::missed);
}

TEST(Floors, AShareThatChanceMayHaveMadeIsTooFewToTell) {
  // At 95 % and 100 scenarios, 6 or more of which nothing was compared come in every third run.
  const auto floors = floors_of({subject_with(
      "modes", mixed(ObservationClass::flag, Verdict::equal, 94, Verdict::unsupported, 6))});
  EXPECT_EQ(state_of(floors, "flag observations compared"), State::too_few);
}

TEST(Floors, ObservationsOfOneScenarioAreNotIndependent) {
  Tally tally = mixed(ObservationClass::output, Verdict::equal, 20, Verdict::underived, 20);
  tally.most_in_one[ObservationClass::output] = 20;
  EXPECT_EQ(state_of(floors_of({subject_with("export", tally)}), "output observations compared"),
            State::too_few)
      << "two scenarios";
  tally.verdicts[ObservationClass::output][Verdict::equal] = 2000;
  tally.verdicts[ObservationClass::output][Verdict::underived] = 2000;
  EXPECT_EQ(state_of(floors_of({subject_with("export", tally)}), "output observations compared"),
            State::missed);
}

TEST(Floors, OfAFewScenariosNothingIsSaidEvenWhereAllIsWell) {
  for (const auto& [scenarios, state] : {std::pair(4, State::too_few), {5, State::passed}})
    EXPECT_EQ(state_of(floors_of({subject_with(
                           "modes", tally_of(ObservationClass::flag, Verdict::equal, scenarios))}),
                       "flag observations compared"),
              state)
        << "0.05 ^ 5 is below one in a million";
}

TEST(Floors, LooseIsNotSharpAndModesMustBeSharper) {
  const Tally tally =
      mixed(ObservationClass::output, Verdict::within_bound, 850, Verdict::loose, 150);
  EXPECT_EQ(state_of(floors_of({subject_with("numerics", tally)}), "within their bound"),
            State::passed);
  EXPECT_EQ(state_of(floors_of({subject_with("modes", tally)}), "within their bound"),
            State::missed);
}

TEST(Floors, OneClassDoesNotHideAnother) {
  Tally tally = tally_of(ObservationClass::output, Verdict::within_bound, 100'000);
  tally += tally_of(ObservationClass::gradient, Verdict::loose, 100);
  const auto floors = floors_of({subject_with("numerics", tally)});
  EXPECT_EQ(state_of(floors, "output observations equal or within their bound (numerics)"),
            State::passed);
  EXPECT_EQ(state_of(floors, "gradient observations equal or within their bound (numerics)"),
            State::missed);
}

TEST(Floors, AProfileThatNeverRanSaysWhatToDo) {
  ReportSubject subject = subject_with("export", {});
  const auto floor = find(floors_of({subject}), "profile export");
  ASSERT_TRUE(floor);
  EXPECT_EQ(floor->state(), State::missed);
  EXPECT_EQ(floor->text(),
            "libtorch@2.13.0: no scenarios of the profile export; give more --time or --scenarios");
  subject.unusable = "it is a failure already";
  EXPECT_THAT(floors_of({subject}), IsEmpty());
}

TEST(Floors, HoldForTheCorpusToo) {
  ReportSubject subject =
      subject_with("modes", tally_of(ObservationClass::flag, Verdict::equal, 100));
  subject.corpus_tally = tally_of(ObservationClass::flag, Verdict::underived, 100);
  EXPECT_EQ(state_of(floors_of({subject}), "flag observations compared (corpus)"), State::missed);
  subject.corpus_tally = tally_of(ObservationClass::flag, Verdict::underived, 19);
  EXPECT_FALSE(find(floors_of({subject}), "(corpus)"));
}

TEST(Floors, SayWhichAndByHowMuch) {
  const Floor floor{"libtorch@2.13.0", "output observations compared", 0.931, 0.95, 1e6};
  EXPECT_EQ(floor.text(),
            "libtorch@2.13.0: 93.10 % of output observations compared, the floor is 95 %");
}

/// So many gradients, the furthest off by this share of its bound.
Tally off_by(double largest, std::uint64_t inexact) {
  Tally tally = tally_of(ObservationClass::gradient, Verdict::within_bound, inexact);
  RatioHistogram& histogram =
      tally.ratios[ObservationClass::gradient][DType::float32][Layout::contiguous];
  histogram.buckets[0] = inexact;
  histogram.largest = largest;
  return tally;
}

TEST(Floors, ABoundThatNoErrorComesNearIsTooWide) {
  ReportSubject subject = subject_with("numerics", off_by(0.3, 500));
  subject.manifest.kernels = reference::Kernels::libtorch_cpu;
  EXPECT_EQ(find(floors_of({subject}), "the largest error of any gradient")->state(),
            Floor::State::passed);
  subject.profiles[0].tally = off_by(0.0004, 500);
  const auto floor = find(floors_of({subject}), "the largest error of any gradient");
  EXPECT_EQ(floor->state(), Floor::State::missed);
  EXPECT_EQ(floor->text(),
            "libtorch@2.13.0: 0.04 % of the bound: the largest error of any gradient (float32, "
            "contiguous), the floor is 10 %");
}

TEST(Floors, AFewTensorsNeedNotComeNearTheirBound) {
  ReportSubject subject = subject_with("numerics", off_by(0.0004, 499));
  subject.manifest.kernels = reference::Kernels::libtorch_cpu;
  EXPECT_FALSE(find(floors_of({subject}), "the largest error"));
}

TEST(Floors, BoundsThatHoldForWorseImplementationsNeedNotBeReached) {
  ReportSubject subject = subject_with("numerics", off_by(0.0004, 500));
  subject.manifest.kernels = reference::Kernels::stable;
  EXPECT_FALSE(find(floors_of({subject}), "the largest error"));
}

}  // namespace
}  // namespace normdiff::test
