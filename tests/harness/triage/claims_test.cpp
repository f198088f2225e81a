#include "harness/triage/claims.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "harness/triage/deviations.hpp"

namespace normdiff {
namespace {

Deviation about(std::vector<std::string> observations) {
  Deviation deviation;
  deviation.observations = std::move(observations);
  return deviation;
}

TEST(Claims, IsWhatTheGlobsSay) {
  const Claims claims(about({"flag:training", "statistic:*", "error:outcome"}));
  EXPECT_TRUE(claims.cover(ObservationClass::flag, Slot::training));
  EXPECT_TRUE(claims.cover(ObservationClass::statistic, Slot::running_mean));
  EXPECT_TRUE(claims.cover(ObservationClass::statistic, Slot::running_var));
  EXPECT_TRUE(claims.cover(ObservationClass::error, Slot::value)) << "of whatever slot";
  EXPECT_FALSE(claims.cover(ObservationClass::counter, Slot::num_batches_tracked));
  EXPECT_FALSE(Claims(about({})).cover(ObservationClass::flag, Slot::training));
}

}  // namespace
}  // namespace normdiff
