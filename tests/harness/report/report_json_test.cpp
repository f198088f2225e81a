#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "harness/report/html.hpp"
#include "tests/harness/report/sample_report.hpp"

namespace normdiff::test {
namespace {

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

TEST(ReportJson, AFindingKeepsItsReplayCommand) {
  EXPECT_EQ(report_from_json(to_json(sample_report())).findings[0].first.replay,
            "normdiff check out/findings/a.scenario --subject libtorch@2.13.0");
}

}  // namespace
}  // namespace normdiff::test
