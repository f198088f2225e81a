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
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "a/b/c/findings.jsonl"));
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
  }
  (void)out.write(edited, "somebody's");
  (void)out.write("findings/mine.scenario", finding("c").scenario);
  std::ofstream(out.path() / "findings.jsonl", std::ios::app) << "nonsense\n[1]\n{}\n";
  auto log = FindingsLog::open(out.path());
  EXPECT_TRUE(std::holds_alternative<FindingsLog>(log));
  EXPECT_EQ(read(out.path() / "findings.jsonl"), "");
  EXPECT_FALSE(std::filesystem::exists(out.path() / untouched));
  EXPECT_EQ(read(out.path() / edited), "somebody's");
  EXPECT_TRUE(std::filesystem::exists(out.path() / "findings/mine.scenario"));
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
