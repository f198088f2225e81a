#include "harness/check/tally.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "harness/language/data.hpp"

namespace normdiff {
namespace {

Tally random_tally(std::uint64_t seed) {
  Random random(seed);
  Tally tally;
  tally.scenarios = random.below(100);
  tally.steps = random.below(100);
  for (auto& row : tally.verdicts)
    for (auto& n : row) n = random.below(50);
  for (auto& row : tally.outcomes)
    for (auto& n : row) n = random.below(50);
  for (auto& n : tally.most_in_one) n = random.below(50);
  for (auto& of_class : tally.ratios)
    for (auto& row : of_class)
      for (RatioHistogram& h : row) {
        h.exact = random.below(9);
        for (auto& n : h.buckets) n = random.below(9);
        h.largest = random.unit();
      }
  for (auto* map : {&tally.not_compared, &tally.free, &tally.deviations, &tally.signatures,
                    &tally.branches_reached})
    for (int i = 0; i < 3; ++i) (*map)[std::to_string(random.below(5))] = random.below(9);
  return tally;
}

Tally sum(Tally a, const Tally& b) {
  a += b;
  return a;
}

TEST(Tally, SumsCommuteAndAssociateAndNothingIsZero) {
  const Tally a = random_tally(1), b = random_tally(2), c = random_tally(3);
  EXPECT_EQ(to_json(sum(a, b)), to_json(sum(b, a)));
  EXPECT_EQ(to_json(sum(sum(a, b), c)), to_json(sum(a, sum(b, c))));
  EXPECT_EQ(to_json(sum(a, Tally())), to_json(a));
  EXPECT_NE(to_json(sum(a, b)), to_json(a));
}

TEST(Tally, AddsCountsAndKeepsTheLargestRatio) {
  Tally a, b;
  a.steps = 2;
  b.steps = 3;
  a.ratios[ObservationClass::output][DType::float64][Layout::strided].largest = 0.25;
  b.ratios[ObservationClass::output][DType::float64][Layout::strided].largest = 0.5;
  a.signatures["x"] = 1;
  b.signatures["x"] = 4;
  a += b;
  EXPECT_EQ(a.steps, 5u);
  EXPECT_EQ(a.ratios[ObservationClass::output][DType::float64][Layout::strided].largest, 0.5);
  EXPECT_EQ(a.signatures["x"], 5u);
}

TEST(Tally, KnowsTheMostObservationsThatOneScenarioHad) {
  Tally tally;
  for (const std::uint64_t observations : {3, 5, 2}) {
    const auto before = tally.totals();
    tally.verdicts[ObservationClass::flag][Verdict::equal] += observations;
    tally.end_scenario(before);
  }
  EXPECT_EQ(tally.scenarios, 3U);
  EXPECT_EQ(tally.most_in_one[ObservationClass::flag], 5U);
  EXPECT_EQ(tally.most_in_one[ObservationClass::output], 0U);
}

TEST(Tally, GoesThroughJsonUnchanged) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const nlohmann::json json = to_json(random_tally(seed));
    EXPECT_EQ(to_json(tally_from_json(nlohmann::json::parse(json.dump()))), json);
  }
}

TEST(Tally, AnythingElseInJsonThrows) {
  for (const char* text : {"{}", "[]", "3", "null", R"({"scenarios": "many"})"})
    EXPECT_THROW((void)tally_from_json(nlohmann::json::parse(text)), nlohmann::json::exception)
        << text;
  const nlohmann::json whole = to_json(Tally());
  for (const auto& [key, value] : whole.items()) {
    nlohmann::json less = whole;
    less.erase(key);
    EXPECT_THROW((void)tally_from_json(less), nlohmann::json::exception) << key;
  }
  nlohmann::json fewer = whole;
  fewer["ratios"].erase(0);
  EXPECT_THROW((void)tally_from_json(fewer), nlohmann::json::exception);
}

TEST(Tally, ComparedIsWhatWasHeldAgainstSomething) {
  Tally tally;
  auto& row = tally.verdicts[ObservationClass::flag];
  row[Verdict::equal] = 5;
  row[Verdict::known_deviation] = 2;
  row[Verdict::underived] = 30;
  EXPECT_EQ(tally.total(ObservationClass::flag), 37u);
  EXPECT_EQ(tally.compared(ObservationClass::flag), 7u);
  EXPECT_EQ(tally.total(ObservationClass::output), 0u);
}

}  // namespace
}  // namespace normdiff
