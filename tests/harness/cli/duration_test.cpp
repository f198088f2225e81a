#include "harness/cli/duration.hpp"

#include <gtest/gtest.h>

namespace normdiff {
namespace {

TEST(ParseDuration, NumbersWithAUnit) {
  EXPECT_EQ(parse_duration("60s")->count(), 60'000);
  EXPECT_EQ(parse_duration("1.5m")->count(), 90'000);
  EXPECT_EQ(parse_duration("8h")->count(), 28'800'000);
  EXPECT_EQ(parse_duration("250ms")->count(), 250);
}

TEST(ParseDuration, AnythingElseIsNone) {
  for (const char* text :
       {"", "s", "5", "5x", "-5s", "0s", "nan s", "nans", "infs", "1e300h", "5 s", "5ss"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

}  // namespace
}  // namespace normdiff
