#include "harness/generate/generate.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/harness/scenario/samples.hpp"

namespace normdiff {
namespace {

class Generate : public ::testing::TestWithParam<Profile> {};

TEST_P(Generate, GivesValidScenariosThatReadBack) {
  Scenario scenario;
  for (std::uint64_t index = 0; index < 500; ++index) {
    generate(GetParam(), 3, index, scenario);
    const std::string text = print(scenario);
    EXPECT_EQ(print(testing::parsed(text)), text);
    EXPECT_GE(scenario.statements.size(), 6u);
    EXPECT_LE(scenario.statements.size(), 20u);
  }
}

TEST_P(Generate, DependsOnSeedAndIndexAlone) {
  Scenario a;
  Scenario b;
  generate(GetParam(), 3, 17, a);
  const std::string text = print(a);
  generate(GetParam(), 3, 5, b);
  generate(GetParam(), 3, 17, b);
  EXPECT_EQ(print(b), text);
  generate(GetParam(), 4, 17, b);
  EXPECT_NE(print(b), text);
}

INSTANTIATE_TEST_SUITE_P(Profiles, Generate,
                         ::testing::Values(Profile::modes, Profile::numerics, Profile::exports,
                                           Profile::bench),
                         [](const auto& tested) { return std::string(to_string(tested.param)); });

TEST(GenerateText, IsTheSameOnEveryMachine) {
  const std::map<Profile, std::uint64_t> golden = {{Profile::modes, 4570273079342863564u},
                                                   {Profile::numerics, 17706021262357199255u},
                                                   {Profile::exports, 2081847806966442634u},
                                                   {Profile::bench, 15724959874126954040u}};
  for (const auto& [profile, hash] : golden) {
    std::string all;
    Scenario scenario;
    for (std::uint64_t index = 0; index < 100; ++index) {
      generate(profile, 1, index, scenario);
      all += print(scenario);
    }
    EXPECT_EQ(testing::hash_of(all), hash) << to_string(profile);
  }
}

TEST(Profiles, HaveNames) {
  for (const Profile profile :
       {Profile::modes, Profile::numerics, Profile::exports, Profile::bench})
    EXPECT_EQ(named<Profile>(to_string(profile)), profile);
  EXPECT_EQ(to_string(Profile::exports), "export");
  EXPECT_FALSE(named<Profile>("exports"));
}

}  // namespace
}  // namespace normdiff
