#include <gmock/gmock.h>

#include <algorithm>
#include <sstream>

#include "harness/report/columns.hpp"
#include "tests/harness/report/sample_report.hpp"

namespace normdiff::test {
namespace {

using testing::HasSubstr;

TEST(RenderSummary, IsReadWithoutTheReport) {
  const std::string text = render_summary(sample_report(), 80);
  for (const char* line : {"libtorch@2.13.0", "Discrepancies, new", "with it: libtorch/beside-it",
                           "--subject libtorch@1.13.1", "The root's flag is given to all",
                           "Floors missed", "Unexpected passes", "1 of 2 faults"})
    EXPECT_THAT(text, HasSubstr(line));
}

TEST(RenderSummary, FitsTheScreenAndCutsNothing) {
  Report report = sample_report();
  const std::string reason =
      "C++ load() of a narrower dtype and another shape leaves a tensor that still holds more than "
      "its shape says, and what is in it is nobody's";
  Tally& tally = report.subjects[0].profiles[0].tally;
  tally.not_compared = {{reason, 2}};
  tally.verdicts[ObservationClass::statistic][Verdict::known_deviation] = 123'456'789;
  report.unexpected_passes = {reason};
  const std::string text = render_summary(report, 80);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.find("normdiff check") == std::string::npos) {
      EXPECT_LE(width_of(line), 80u) << line;
    }
  EXPECT_THAT(text, HasSubstr("nobody's"));
  EXPECT_EQ(text.find("..."), std::string::npos);
}

}  // namespace
}  // namespace normdiff::test
