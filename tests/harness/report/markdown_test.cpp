#include <gmock/gmock.h>

#include "tests/harness/report/hostile_report.hpp"

namespace normdiff::test {
namespace {

using testing::HasSubstr;

TEST(RenderMarkdown, NothingThatAReportHoldsIsMarkup) {
  Report report = hostile_report();
  report.findings[0].first.finding.scenario = "```\n# out\n```\n";
  const std::string text = render_markdown(report);
  EXPECT_THAT(text, HasSubstr("````python\n```\n# out\n```\n````"));
  report.findings[0].first.finding.statement = "a | b `c` <d>";
  EXPECT_THAT(render_markdown(report), HasSubstr("a \\| b \\`c\\` &lt;d>"));
}

}  // namespace
}  // namespace normdiff::test
