#include "harness/findings/findings_log.hpp"

#include <gmock/gmock.h>

#include "tests/harness/campaign/campaign_support.hpp"

namespace normdiff::test {
namespace {

using testing::HasSubstr;

TEST(FindingsLog, AFileInTheWayOfTheFolderIsSaidAtOnce) {
  const TemporaryFolder folder;
  const std::string file = folder.write("taken", "");
  const auto log = FindingsLog::open(file);
  ASSERT_TRUE(std::holds_alternative<std::string>(log));
  EXPECT_THAT(std::get<std::string>(log), HasSubstr("can't be made"));
  EXPECT_THAT(std::get<std::string>(log), HasSubstr("--out"));
}

TEST(FindingsLog, AFolderThatIsNotThereIsMade) {
  const TemporaryFolder folder;
  EXPECT_TRUE(std::holds_alternative<FindingsLog>(FindingsLog::open(folder.path() / "a/b/c")));
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "a/b/c/unreported.jsonl"));
}

Finding finding(const std::string& signature) {
  Finding one;
  one.signature = signature;
  one.signatures = {signature};
  one.scenario = "# normdiff-scenario 1\nnet = ReLU()\n";
  return one;
}

TEST(FindingsLog, ANewRunRemovesWhatTheOneBeforeWroteAndNothingElse) {
  const TemporaryFolder out;
  std::string edited;
  std::string untouched;
  {
    auto log = FindingsLog::open(out.path());
    edited = std::get<FindingsLog>(log).add(finding("a")).value();
    untouched = std::get<FindingsLog>(log).add(finding("b")).value();
    EXPECT_EQ(std::get<FindingsLog>(log).keep_reported({finding("a"), finding("b")}), std::nullopt);
  }
  (void)out.write(edited, "somebody's");
  (void)out.write("findings/mine.scenario", finding("c").scenario);
  std::ofstream(out.path() / "findings.jsonl", std::ios::app) << "nonsense\n[1]\n{}\n";
  auto log = FindingsLog::open(out.path());
  EXPECT_TRUE(std::holds_alternative<FindingsLog>(log));
  EXPECT_FALSE(std::filesystem::exists(out.path() / "findings.jsonl"));
  EXPECT_FALSE(std::filesystem::exists(out.path() / untouched));
  EXPECT_EQ(read(out.path() / edited), "somebody's");
  EXPECT_TRUE(std::filesystem::exists(out.path() / "findings/mine.scenario"));
}

TEST(FindingsLog, WhatTheReportDoesNotShowIsRemoved) {
  const TemporaryFolder out;
  auto opened = FindingsLog::open(out.path());
  FindingsLog& log = std::get<FindingsLog>(opened);
  const std::string shown = log.add(finding("a")).value();
  const std::string passed_over = log.add(finding("b")).value();
  EXPECT_EQ(log.keep_reported({finding("a")}), std::nullopt);
  EXPECT_TRUE(std::filesystem::exists(out.path() / shown));
  EXPECT_FALSE(std::filesystem::exists(out.path() / passed_over));
  EXPECT_THAT(read(out.path() / "findings.jsonl"), testing::StartsWith("{"));
  EXPECT_FALSE(unreported_findings(out.path()));
}

TEST(FindingsLog, WhatNoReportWasMadeOfIsKept) {
  const TemporaryFolder out;
  std::string file;
  {
    auto killed = FindingsLog::open(out.path());
    Finding one = finding("a");
    (void)std::get<FindingsLog>(killed).add(one);
    one.confirmed = true;
    file = std::get<FindingsLog>(killed).add(one).value();
  }
  std::ofstream(out.path() / "unreported.jsonl", std::ios::app) << "{\"half\": ";
  const auto left = unreported_findings(out.path());
  ASSERT_TRUE(left);
  ASSERT_EQ(left->size(), 1U) << "written twice";
  EXPECT_TRUE(left->front().confirmed);
  auto next = FindingsLog::open(out.path());
  EXPECT_EQ(std::get<FindingsLog>(next).set_aside(), out.path() / "unreported-1.jsonl");
  EXPECT_THAT(read(out.path() / "unreported-1.jsonl"), HasSubstr("\"signature\":\"a\""));
  EXPECT_TRUE(std::filesystem::exists(out.path() / file));
}

TEST(FindingsLog, AFolderThatAnotherRunWritesToIsRefused) {
  const TemporaryFolder out;
  {
    const auto first = FindingsLog::open(out.path());
    const auto second = FindingsLog::open(out.path());
    ASSERT_TRUE(std::holds_alternative<std::string>(second));
    EXPECT_THAT(std::get<std::string>(second), HasSubstr("another run is writing"));
  }
  EXPECT_TRUE(std::holds_alternative<FindingsLog>(FindingsLog::open(out.path())));
}

TEST(WriteFile, AFullDiskIsAnErrorAndTheOldFileStays) {
  EXPECT_THAT(write_file("/dev/full/x", "text").value_or(""), HasSubstr("can't be written"));
  const TemporaryFolder folder;
  const std::string path = folder.write("report.json", "old");
  EXPECT_EQ(write_file(path, "new"), std::nullopt);
  EXPECT_EQ(read(path), "new");
  EXPECT_FALSE(std::filesystem::exists(path + ".part"));
}

}  // namespace
}  // namespace normdiff::test
