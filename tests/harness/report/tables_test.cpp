#include "harness/report/tables.hpp"

#include <gtest/gtest.h>

namespace normdiff {
namespace {

TEST(Grouped, ByThousands) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
}

TEST(Percent, OnlyEverythingIsAHundred) {
  EXPECT_EQ(percent(5, 5), "100 %");
  EXPECT_EQ(percent(999'999'999, 1'000'000'000), "99.99 %");
  EXPECT_EQ(percent(1, 3), "33.33 %");
  EXPECT_EQ(percent(0, 0), "-");
}

TEST(ClassShares, WhatSaysNothingOfTheSubjectIsNotNew) {
  Tally tally;
  auto& outcomes = tally.verdicts[ObservationClass::error];
  outcomes[Verdict::out_of_memory] = 2;
  outcomes[Verdict::harness_error] = 3;
  outcomes[Verdict::crashed] = 4;
  const auto shares = class_shares(tally);
  ASSERT_EQ(shares.size(), 1U);
  EXPECT_EQ(shares[0].not_compared, 5U);
  EXPECT_EQ(shares[0].discrepancies, 4U);
}

}  // namespace
}  // namespace normdiff
