#include "tests/harness/cli/program.hpp"

namespace normdiff::test {
namespace {

TEST(ReportCommand, IsRenderedAgainFromItsJson) {
  const TemporaryFolder out;
  const std::string folder = out.path().string();
  EXPECT_EQ(normdiff("run --subject textbook --profile modes --scenarios 30 --out " + folder).code,
            0);
  const std::string page = read(out.path() / "report.html");
  std::filesystem::remove(out.path() / "report.html");
  EXPECT_EQ(normdiff("report " + folder).code, 0);
  EXPECT_EQ(read(out.path() / "report.html"), page);
}

TEST(ReportCommand, EndsWithTheExitCodeOfTheRun) {
  const TemporaryFolder out;
  const std::string folder = out.path().string();
  EXPECT_EQ(
      normdiff("run --subject textbook:counter-missed --profile modes --scenarios 100 --out " +
               folder)
          .code,
      1);
  EXPECT_EQ(normdiff("report " + folder).code, 1);
}

TEST(ReportCommand, WhatIsNoReportIsASentenceAndNothingIsWritten) {
  const TemporaryFolder out;
  expect_one_sentence("report /none", "/none/report.json: there is no such file");
  for (const char* text : {"{}", "[]", "nonsense"}) {
    (void)out.write("report.json", text);
    expect_one_sentence("report " + out.path().string(), "this is no report of this normdiff");
  }
  (void)out.write("report.json", "");
  expect_one_sentence("report " + out.path().string(), "report.json: it is empty");
  EXPECT_FALSE(std::filesystem::exists(out.path() / "report.html"));
}

}  // namespace
}  // namespace normdiff::test
