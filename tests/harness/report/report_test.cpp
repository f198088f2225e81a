#include "harness/report/report.hpp"

#include <gmock/gmock.h>

#include "tests/harness/campaign/campaign_support.hpp"
#include "tests/harness/report/sample_report.hpp"

namespace normdiff::test {
namespace {

using testing::HasSubstr;

/// A run with nothing to complain about.
Report clean() {
  Report report = sample_report();
  report.findings.clear();
  report.unexpected_passes.clear();
  report.floors.clear();
  return report;
}

TEST(Conclude, KnownDeviationsConform) {
  const Conclusion conclusion = conclude(clean());
  EXPECT_EQ(conclusion.exit_code, 0);
  EXPECT_THAT(conclusion.text,
              HasSubstr("conforms: 1 subject, 10 scenarios and 5 corpus replays; "
                        "1,234,567 of 1,234,567 observations judged sharply; "
                        "0 new discrepancies in 0 findings (0 unconfirmed), 1 known deviation"));
}

TEST(Conclude, ADiscrepancyAnUnexpectedPassOrAMissedFloorIsOne) {
  Report report = clean();
  report.findings = sample_report().findings;
  EXPECT_EQ(conclude(report).exit_code, 1);
  EXPECT_THAT(conclude(report).text, HasSubstr("2 new discrepancies in 1 finding (0 unconf"));
  report = clean();
  report.unexpected_passes = {"x"};
  EXPECT_EQ(conclude(report).exit_code, 1);
  report = clean();
  report.floors = sample_report().floors;
  EXPECT_EQ(conclude(report).exit_code, 1);
  EXPECT_THAT(conclude(report).text, HasSubstr("1 floor missed"));
}

TEST(Conclude, AFloorWithTooFewScenariosIsSaidAndNoFailure) {
  Report report = clean();
  report.floors = sample_report().floors;
  report.floors[0].scenarios = 2;
  EXPECT_EQ(conclude(report).exit_code, 0);
  EXPECT_THAT(conclude(report).text, testing::EndsWith(", too few scenarios to tell for 1 floor"));
}

TEST(Conclude, WhatTheHarnessDidWrongIsTwo) {
  Report report = clean();
  report.harness_errors.push_back({});
  EXPECT_EQ(conclude(report).exit_code, 2);
  report = clean();
  report.subjects[0].unusable = "no such program";
  EXPECT_EQ(conclude(report).exit_code, 2);
  report = clean();
  report.failure = "the disk is full";
  EXPECT_EQ(conclude(report).exit_code, 2);
}

TEST(Conclude, ASubjectThatCouldNotBeUsedIsNamed) {
  Report report = clean();
  report.subjects[0].unusable = "no such program";
  EXPECT_THAT(conclude(report).text,
              testing::StartsWith("conforms where it was tried, and " +
                                  report.subjects[0].manifest.id() + " could not be used: "));
  report.unexpected_passes = {"x"};
  EXPECT_EQ(conclude(report).exit_code, 2);
  EXPECT_THAT(conclude(report).text, testing::StartsWith("does not pass, and "));
}

TEST(Conclude, AnInterruptIsTheSignalsCodeWhateverWasFound) {
  Report report = clean();
  report.interrupted_by = 15;
  EXPECT_EQ(conclude(report).exit_code, 143);
  EXPECT_THAT(conclude(report).text, testing::StartsWith("conforms so far (interrupted): "));
  report.unexpected_passes = {"x"};
  EXPECT_EQ(conclude(report).exit_code, 143);
  EXPECT_THAT(conclude(report).text, testing::StartsWith("does not pass (interrupted): "));
}

TEST(Conclude, WhatIsKnownOnOtherVersionsOnlyIsGreenAndCounted) {
  Report report = clean();
  report.subjects[0].corpus_tally.known_elsewhere["some-deviation"] = 3;
  EXPECT_EQ(conclude(report).exit_code, 0);
  EXPECT_THAT(conclude(report).text, HasSubstr(", 1 known on other versions only"));
}

TEST(WriteReport, ThreeFilesOrASentence) {
  const TemporaryFolder folder;
  EXPECT_EQ(write_report(sample_report(), folder.path()), std::nullopt);
  for (const char* name : {"report.json", "report.md", "report.html"})
    EXPECT_TRUE(std::filesystem::exists(folder.path() / name)) << name;
  EXPECT_THAT(write_report(sample_report(), folder.path() / "none").value_or(""),
              HasSubstr("can't be written"));
}

}  // namespace
}  // namespace normdiff::test
