#include "harness/report/judged_sentence.hpp"

#include <gtest/gtest.h>

namespace normdiff {
namespace {

TEST(JudgedSentence, SaysOfAllHowTheyWereJudged) {
  Tally tally;
  tally.verdicts[ObservationClass::output][Verdict::within_bound] = 24;
  tally.verdicts[ObservationClass::flag][Verdict::known_deviation] = 1;
  EXPECT_EQ(judged_sentence(tally), "25 of 25 observations judged sharply");
  tally.verdicts[ObservationClass::gradient][Verdict::loose] = 1;
  tally.verdicts[ObservationClass::output][Verdict::underived] = 3;
  tally.not_compared["cancellation"] = 3;
  EXPECT_EQ(judged_sentence(tally),
            "25 of 29 observations judged sharply, 3 not at all (cancellation: 3), 1 weakly "
            "(1 loose)");
  tally.free["it has no effect"] = 2;
  EXPECT_EQ(judged_sentence(tally),
            "25 of 29 observations judged sharply, 3 not at all (cancellation: 3), 1 weakly "
            "(1 loose), 2 free");
}

TEST(JudgedSentence, NamesTheMostFrequentReasonAlone) {
  Tally tally;
  tally.verdicts[ObservationClass::output][Verdict::underived] = 5;
  tally.not_compared = {{"cancellation", 3}, {"an opset", 2}};
  EXPECT_EQ(judged_sentence(tally),
            "0 of 5 observations judged sharply, 5 not at all (cancellation: 3; and 1 more)");
}

TEST(MostFrequent, NamesSoManyOfThem) {
  EXPECT_EQ(most_frequent({{"a", 1}, {"b", 2000}, {"c", 3}, {"d", 4}}, 3),
            "b: 2,000; d: 4; c: 3; and 1 more");
}

}  // namespace
}  // namespace normdiff
