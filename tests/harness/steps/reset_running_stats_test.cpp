#include "tests/harness/steps/step_test.hpp"

namespace normdiff::testing {
namespace {

TEST(ResetRunningStatsStep, MakesStatisticsAndCounterFresh) {
  expect_to_be_done(
      "net = Sequential(bn=BatchNorm2d(2))\nfill(net.bn.running_var, constant(3))\n"
      "net.bn.reset_running_stats()\n");
}

TEST(ResetRunningStatsStep, DoesNothingWhileTrackingIsOff) {
  EXPECT_THAT(found(ToldSubject("bn = BatchNorm2d(2)\nfill(bn.running_var, constant(3))\n"
                                "bn.track_running_stats = False\nbn.reset_running_stats()\n")),
              IsEmpty());
}

}  // namespace
}  // namespace normdiff::testing
