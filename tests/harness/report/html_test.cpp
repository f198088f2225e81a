#include "harness/report/html.hpp"

#include <gmock/gmock.h>

#include "tests/harness/report/hostile_report.hpp"

namespace normdiff::test {
namespace {

using testing::HasSubstr;
using testing::Not;

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

}  // namespace
}  // namespace normdiff::test
