#include "harness/campaign/schedule.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace normdiff {
namespace {

Schedule::Lane lane(std::size_t subject, std::uint64_t count) {
  return {subject, 0, {Profile::modes, 1, 0, count}};
}

TEST(Schedule, EveryNumberOnceAndTheLowestFirst) {
  Schedule schedule({lane(0, 1000)}, {1}, 1.0);
  std::uint64_t next = 0;
  while (auto part = schedule.next()) {
    EXPECT_EQ(part->range.first, next);
    next += part->range.count;
    schedule.finished(*part, part->range.count, 0.01);
  }
  EXPECT_EQ(next, 1000U);
}

TEST(Schedule, WhatWasNotDoneIsHandedOutAgainFirst) {
  Schedule schedule({lane(0, 1000)}, {1}, 1.0);
  const auto part = schedule.next();
  schedule.finished(*part, 10, 1.0);
  EXPECT_EQ(schedule.next()->range.first, 10U);
}

TEST(Schedule, ChunksAreAsLongAsAsked) {
  Schedule schedule({lane(0, 1'000'000)}, {1}, 0.5);
  const auto part = schedule.next();
  schedule.finished(*part, part->range.count, static_cast<double>(part->range.count) / 1000);
  EXPECT_EQ(schedule.next()->range.count, 500U) << "half a second at 1,000 a second";
}

TEST(Schedule, EveryLaneHasItsFirstPartBeforeAnyHasAnother) {
  Schedule schedule({lane(0, 1 << 30), lane(0, 1 << 30), lane(1, 1 << 30)}, {1, 1}, 1.0);
  std::vector<std::size_t> lanes;
  for (int i = 0; i < 3; ++i) {
    const auto part = schedule.next();
    lanes.push_back(part->lane);
    schedule.finished(*part, part->range.count, part->lane == 0 ? 1000.0 : 0.001);
  }
  std::sort(lanes.begin(), lanes.end());
  EXPECT_EQ(lanes, (std::vector<std::size_t>{0, 1, 2}));
}

TEST(Schedule, WhenTimeIsOverALaneThatHadNothingStillGetsItsFirstPart) {
  Schedule schedule({lane(0, 1 << 30), lane(1, 1 << 30)}, {1, 1}, 1.0);
  const auto first = schedule.next();
  schedule.finished(*first, 1, 1.0);
  const auto second = schedule.next(true);
  ASSERT_TRUE(second);
  EXPECT_NE(second->lane, first->lane);
  EXPECT_FALSE(schedule.next(true));
}

TEST(Schedule, EachSubjectGetsTheSameTime) {
  Schedule schedule({lane(0, 1 << 30), lane(1, 1 << 30)}, {1, 1}, 1.0);
  double seconds[2] = {0, 0};
  for (int i = 0; i < 40; ++i) {
    const auto part = schedule.next();
    const double took = part->lane == 0 ? 3.0 : 1.0;
    seconds[part->lane] += took;
    schedule.finished(*part, part->range.count, took);
  }
  EXPECT_NEAR(seconds[0], seconds[1], 3.1);
}

TEST(Schedule, ASubjectWithATenthOfAShareGetsATenthOfTheTime) {
  Schedule schedule({lane(0, 1 << 30), lane(1, 1 << 30)}, {1, 0.1}, 1.0);
  double seconds[2] = {0, 0};
  for (int i = 0; i < 400; ++i) {
    const auto part = schedule.next();
    const double took = static_cast<double>(part->range.count) / 1000;
    seconds[part->lane] += took;
    schedule.finished(*part, part->range.count, took);
  }
  EXPECT_NEAR(seconds[1] / seconds[0], 0.1, 0.01);
}

TEST(Schedule, ASmallShareAloneGetsAllTheTime) {
  Schedule schedule({lane(0, 1000)}, {0.1}, 1.0);
  std::uint64_t done = 0;
  while (auto part = schedule.next()) {
    done += part->range.count;
    schedule.finished(*part, part->range.count, 0.01);
  }
  EXPECT_EQ(done, 1000U);
}

TEST(Schedule, ADroppedSubjectGetsNothingMore) {
  Schedule schedule({lane(0, 10), lane(1, 10)}, {1, 1}, 1.0);
  schedule.drop_subject(0);
  EXPECT_EQ(schedule.next()->lane, 1U);
  EXPECT_FALSE(schedule.next());
}

TEST(Schedule, WhatComesBackOfADroppedSubjectIsNotHandedOutAgain) {
  Schedule schedule({lane(0, 10)}, {1}, 1.0);
  const auto part = schedule.next();
  schedule.drop_subject(0);
  schedule.finished(*part, 0, 1.0);
  EXPECT_FALSE(schedule.next());
}

}  // namespace
}  // namespace normdiff
