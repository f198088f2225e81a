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

TEST(Floors, NinetyFivePercentOfEveryClassMustBeCompared) {
  for (const auto& [not_compared, passes] : {std::pair(5, true), std::pair(6, false)}) {
    const auto floors = floors_of({subject_with(
        "modes", mixed(ObservationClass::flag, Verdict::equal, 100 - not_compared,
                       Verdict::unsupported, static_cast<std::uint64_t>(not_compared)))});
    ASSERT_TRUE(find(floors, "flag observations compared"));
    EXPECT_EQ(find(floors, "flag observations compared")->passed(), passes);
  }
}

TEST(Floors, ManyFlagsDoNotHideAnOutputThatNobodyCompared) {
  Tally tally = tally_of(ObservationClass::flag, Verdict::equal, 1'000'000);
  tally += tally_of(ObservationClass::output, Verdict::underived, 100);
  const auto floors = floors_of({subject_with("modes", tally)});
  EXPECT_FALSE(find(floors, "output observations compared")->passed());
}

TEST(Floors, FewerThanTwentyObservationsAreNoShare) {
  EXPECT_THAT(floors_of({subject_with("modes",
                                      tally_of(ObservationClass::output, Verdict::underived, 19))}),
              IsEmpty());
}

TEST(Floors, LooseIsNotSharpAndModesMustBeSharper) {
  const Tally tally =
      mixed(ObservationClass::output, Verdict::within_bound, 85, Verdict::loose, 15);
  EXPECT_TRUE(find(floors_of({subject_with("numerics", tally)}), "within their bound")->passed());
  EXPECT_FALSE(find(floors_of({subject_with("modes", tally)}), "within their bound")->passed());
}

TEST(Floors, OneClassDoesNotHideAnother) {
  Tally tally = tally_of(ObservationClass::output, Verdict::within_bound, 100'000);
  tally += tally_of(ObservationClass::gradient, Verdict::loose, 100);
  const auto floors = floors_of({subject_with("numerics", tally)});
  EXPECT_TRUE(find(floors, "output observations equal or within their bound (numerics)")->passed());
  EXPECT_FALSE(
      find(floors, "gradient observations equal or within their bound (numerics)")->passed());
}

TEST(Floors, AProfileThatNeverRanSaysWhatToDo) {
  ReportSubject subject = subject_with("export", {});
  const auto floor = find(floors_of({subject}), "profile export");
  ASSERT_TRUE(floor);
  EXPECT_FALSE(floor->passed());
  EXPECT_EQ(floor->text(),
            "libtorch@2.13.0: no scenarios of the profile export; give more --time or --scenarios");
  subject.unusable = "it is a failure already";
  EXPECT_THAT(floors_of({subject}), IsEmpty());
}

TEST(Floors, HoldForTheCorpusToo) {
  ReportSubject subject =
      subject_with("modes", tally_of(ObservationClass::flag, Verdict::equal, 100));
  subject.corpus_tally = tally_of(ObservationClass::flag, Verdict::underived, 100);
  EXPECT_FALSE(find(floors_of({subject}), "flag observations compared (corpus)")->passed());
}

TEST(Floors, SayWhichAndByHowMuch) {
  const Floor floor{"libtorch@2.13.0", "output observations compared", 0.931, 0.95, {}};
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
  EXPECT_TRUE(find(floors_of({subject}), "the largest error of any gradient")->passed());
  subject.profiles[0].tally = off_by(0.0004, 500);
  const auto floor = find(floors_of({subject}), "the largest error of any gradient");
  EXPECT_FALSE(floor->passed());
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
