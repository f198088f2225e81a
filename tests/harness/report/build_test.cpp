#include "harness/report/build.hpp"

#include <gmock/gmock.h>

namespace normdiff {
namespace {

using testing::SizeIs;

Finding finding(const std::string& version, bool confirmed) {
  Finding one;
  one.signature = "libtorch/a";
  one.signatures = {one.signature};
  one.subject = {"libtorch", "libtorch", version, "", ""};
  one.confirmed = confirmed;
  return one;
}

Report built(const std::vector<Finding>& campaign, const std::vector<Finding>& corpus = {}) {
  CampaignResult result;
  result.subjects.resize(1);
  result.subjects[0].manifest = {"libtorch", "libtorch", "2.13.0", "", ""};
  result.findings = campaign;
  CorpusResult replayed;
  replayed.findings = corpus;
  return build_report({}, result, {replayed}, {}, 0, Deviations::built_in(), "out");
}

TEST(BuildReport, AConfirmedWitnessStandsBeforeOneThatIsNot) {
  const Report report = built({finding("2.13.0", false), finding("1.13.1", true)});
  ASSERT_THAT(report.findings, SizeIs(1));
  EXPECT_EQ(report.findings[0].first.finding.subject.version, "1.13.1");
  ASSERT_THAT(report.findings[0].others, SizeIs(1));
  EXPECT_EQ(report.findings[0].others[0].finding.subject.version, "2.13.0");
}

TEST(BuildReport, ASubjectHasOneWitnessOfAFinding) {
  Report report = built({finding("2.13.0", true)}, {finding("2.13.0", true)});
  ASSERT_THAT(report.findings, SizeIs(1));
  EXPECT_THAT(report.findings[0].others, SizeIs(0));
  report = built({finding("2.13.0", true)}, {finding("2.13.0", false)});
  EXPECT_TRUE(report.findings[0].first.finding.confirmed);
}

}  // namespace
}  // namespace normdiff
