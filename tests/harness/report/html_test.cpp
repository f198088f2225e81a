#include "harness/report/html.hpp"

#include <gmock/gmock.h>

#include "tests/harness/report/sample_report.hpp"

namespace normdiff::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* hostile = "<script>alert('x')</script>\"><img src=x onerror=y>&amp;";

/// Hostile text wherever a scenario, a subject, a file or a person can put one.
Report hostile_report() {
  Report report = sample_report();
  report.normdiff_version = hostile;
  report.settings.profiles = {hostile};
  report.failure = hostile;
  report.unexpected_passes = {hostile};
  ReportSubject& subject = report.subjects[0];
  subject.manifest = {hostile, hostile, hostile, hostile, hostile};
  subject.unusable = hostile;
  subject.not_run = {hostile};
  subject.profiles[0].tally.not_compared[hostile] = 1;
  subject.profiles[0].tally.deviations[hostile] = 1;
  Finding& finding = report.findings[0].first.finding;
  finding = {hostile,          hostile, hostile, 1,
             subject.manifest, 0,       hostile, {hostile, "b" + std::string(hostile)},
             {hostile},        hostile, false};
  report.findings[0].first.replay = hostile;
  report.findings[0].others[0] = report.findings[0].first;
  report.findings[0].hits = {{hostile, 1}};
  report.harness_errors.push_back(finding);
  report.floors[0].subject = report.floors[0].what = report.floors[0].remedy = hostile;
  report.power[0] = {hostile, 1, hostile};
  Deviation& d = report.deviations[0];
  d.id = d.title = d.why = d.standing = d.versions = d.witness = hostile;
  d.upstream = d.subjects = {hostile};
  return report;
}

TEST(EscapeHtml, LeavesNothingThatIsMarkup) {
  EXPECT_EQ(escape_html("<a href=\"x\">&'"), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
}

TEST(RenderHtml, NothingThatAReportHoldsIsMarkup) {
  const std::string page = render_html(hostile_report());
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(&#39;x&#39;)"));
}

TEST(RenderHtml, LoadsAndRunsNothing) {
  const std::string page = render_html(sample_report());
  EXPECT_THAT(page, HasSubstr("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
                              "'none'; style-src 'unsafe-inline'\">"));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("http://")));
  EXPECT_THAT(page, Not(HasSubstr("https://")));
}

TEST(RenderHtml, ShowsWhatARunFound) {
  const std::string page = render_html(sample_report());
  for (const char* text :
       {"libtorch@2.13.0", "1,234,567", "net = ReLU()", "y is 1, expected 2",
        "normdiff check out/findings/a.scenario --subject libtorch@2.13.0", "root-flag",
        "normdiff check out/findings/a.scenario --subject libtorch@1.13.1", "libtorch/beside-it",
        "1 of 2 faults planted", "not in 500", "export: no exporter", "4 of 5 conform",
        "needs b, which was not made", "<svg"})
    EXPECT_THAT(page, HasSubstr(text));
}

TEST(RenderMarkdown, NothingThatAReportHoldsIsMarkup) {
  Report report = hostile_report();
  report.findings[0].first.finding.scenario = "```\n# out\n```\n";
  const std::string text = render_markdown(report);
  EXPECT_THAT(text, HasSubstr("````python\n```\n# out\n```\n````"));
  report.findings[0].first.finding.statement = "a | b `c` <d>";
  EXPECT_THAT(render_markdown(report), HasSubstr("a \\| b \\`c\\` &lt;d>"));
}

TEST(RenderSummary, IsReadWithoutTheReport) {
  const std::string text = render_summary(sample_report(), 80);
  for (const char* line : {"libtorch@2.13.0", "Discrepancies, new", "with it: libtorch/beside-it",
                           "--subject libtorch@1.13.1", "The root's flag is given to all",
                           "Floors missed", "Unexpected passes", "1 of 2 faults"})
    EXPECT_THAT(text, HasSubstr(line));
}

}  // namespace
}  // namespace normdiff::test
