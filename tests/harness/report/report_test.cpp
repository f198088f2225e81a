#include "harness/report/report.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

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

TEST(ReportJson, ComesBack) {
  const Report report = sample_report();
  const nlohmann::json json = to_json(report);
  const Report back = report_from_json(nlohmann::json::parse(json.dump()));
  EXPECT_EQ(to_json(back), json);
  EXPECT_EQ(render_html(back), render_html(report));
  EXPECT_EQ(render_markdown(back), render_markdown(report));
}

TEST(ReportJson, AnotherSchemaIsRefused) {
  nlohmann::json json = to_json(sample_report());
  json["normdiff_report"] = 1;
  EXPECT_THROW((void)report_from_json(json), nlohmann::json::exception);
  EXPECT_THROW((void)report_from_json(nlohmann::json::array()), nlohmann::json::exception);
}

TEST(WriteReport, ThreeFilesOrASentence) {
  const TemporaryFolder folder;
  EXPECT_EQ(write_report(sample_report(), folder.path()), std::nullopt);
  for (const char* name : {"report.json", "report.md", "report.html"})
    EXPECT_TRUE(std::filesystem::exists(folder.path() / name)) << name;
  EXPECT_THAT(write_report(sample_report(), folder.path() / "none").value_or(""),
              HasSubstr("can't be written"));
}

TEST(WriteReport, AFindingKeepsItsReplayCommand) {
  EXPECT_EQ(report_from_json(to_json(sample_report())).findings[0].first.replay,
            "normdiff check out/findings/a.scenario --subject libtorch@2.13.0");
}

}  // namespace
}  // namespace normdiff::test
