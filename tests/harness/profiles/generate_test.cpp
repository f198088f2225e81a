#include "harness/profiles/generate.hpp"

#include <gtest/gtest.h>

#include <array>
#include <map>

#include "harness/scenario/scope.hpp"
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
    // A file to end with takes a tensor and an export, and a tensor and a forward.
    EXPECT_LE(scenario.statements.size(), GetParam() == Profile::dynamo ? 24u : 20u);
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
                                           Profile::bench, Profile::dynamo),
                         [](const auto& tested) { return std::string(to_string(tested.param)); });

TEST(GenerateText, IsTheSameOnEveryMachine) {
  const std::map<Profile, std::uint64_t> golden = {{Profile::modes, 12125058850213071713u},
                                                   {Profile::numerics, 7851573210906938688u},
                                                   {Profile::exports, 2203912618378348123u},
                                                   {Profile::bench, 5333585320860469439u},
                                                   {Profile::dynamo, 11732547185718802712u}};
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

/// The kinds of step that 300 scenarios have, by name.
std::map<std::string, int> kinds_of(Profile profile) {
  std::map<std::string, int> kinds;
  Scenario scenario;
  for (std::uint64_t index = 0; index < 300; ++index) {
    generate(profile, 2, index, scenario);
    for (const Statement& statement : scenario.statements)
      ++kinds[std::string(step_kind_name(statement.step.index()))];
  }
  return kinds;
}

TEST(GenerateProfiles, ReachTheirVocabulary) {
  EXPECT_EQ(kinds_of(Profile::exports).size(), static_cast<std::size_t>(step_kind_count) - 1);
  for (const Profile profile : {Profile::modes, Profile::numerics, Profile::bench}) {
    const auto kinds = kinds_of(profile);
    EXPECT_EQ(kinds.size(), profile == Profile::bench ? 15u : 17u) << to_string(profile);
    EXPECT_EQ(kinds.count("torch.onnx.export"), 0u);
    EXPECT_EQ(kinds.count("torch.jit.trace"), 0u);
  }
}

TEST(GenerateProfiles, EachScenarioOfDynamoExportsByTheNewerExporterAndRunsAFile) {
  Scenario scenario;
  std::array<int, 3> modes{};
  std::size_t exports = 0;
  constexpr std::uint64_t scenarios = 300;
  for (std::uint64_t index = 0; index < scenarios; ++index) {
    generate(Profile::dynamo, 2, index, scenario);
    const Scope scope = resolve(scenario);
    bool exported = false;
    for (const Statement& statement : scenario.statements) {
      const auto* step = std::get_if<OnnxExport>(&statement.step);
      if (!step || !step->dynamo) continue;
      exported = true;
      ++exports;
      ++modes[static_cast<std::size_t>(step->training)];
    }
    EXPECT_TRUE(exported) << print(scenario);
    const auto* last = std::get_if<Forward>(&scenario.statements.back().step);
    ASSERT_TRUE(last != nullptr) << print(scenario);
    EXPECT_EQ(scope[last->module.name].kind, NameKind::artefact);
  }
  EXPECT_LT(exports, 2 * scenarios) << "a call takes a second";
  for (const int count : modes) EXPECT_GT(count, 30);
}

TEST(GenerateProfiles, NeverGoBackThroughChangedTensors) {
  Scenario scenario;
  for (const Profile profile : {Profile::modes, Profile::numerics, Profile::bench})
    for (std::uint64_t index = 0; index < 500; ++index) {
      generate(profile, 8, index, scenario);
      // By name alone: shared children and scripts are the generator's own affair.
      std::map<NameId, std::pair<NameId, int>> results;
      std::map<NameId, int> versions;
      for (const Statement& statement : scenario.statements) {
        if (const auto* forward = std::get_if<Forward>(&statement.step))
          results[forward->result] = {forward->module.name, versions[forward->module.name]};
        if (const auto* fill = std::get_if<Fill>(&statement.step)) ++versions[fill->module.name];
        if (const auto* load = std::get_if<LoadStateDict>(&statement.step))
          ++versions[load->target.name];
        if (const auto* cast = std::get_if<CastTo>(&statement.step)) ++versions[cast->module.name];
        if (const auto* backward = std::get_if<Backward>(&statement.step)) {
          const auto& [module, version] = results[backward->output];
          EXPECT_EQ(versions[module], version) << print(scenario);
        }
      }
    }
}

TEST(GenerateProfiles, PutBackTheEpsThatAModuleHadUnderWhateverName) {
  Scenario scenario;
  int put_back = 0;
  for (const Profile profile : {Profile::modes, Profile::numerics})
    for (std::uint64_t index = 0; index < 300; ++index) {
      generate(profile, 2, index, scenario);
      Scope scope(scenario.names.size());
      std::map<const ModuleSpec*, double> eps;
      const auto eps_of = [&](ModuleRef ref) {
        const ModuleSpec* module = scope.place(ref).module;
        return eps.emplace(module, norm_in(module->layer)->eps).first->second;
      };
      std::optional<double> wanted;
      for (const Statement& statement : scenario.statements) {
        scope.apply(scenario, statement.step);
        if (const auto* copy = std::get_if<DeepCopy>(&statement.step)) {
          const auto places = static_cast<std::uint16_t>(scope[copy->result].places.size());
          for (std::uint16_t i = 0; i < places; ++i) {
            const auto from = static_cast<std::uint16_t>(copy->module.place + i);
            if (const auto known = eps.find(scope.place({copy->module.name, from}).module);
                known != eps.end())
              eps[scope.place({copy->result, i}).module] = known->second;
          }
        }
        const auto* set = std::get_if<SetEps>(&statement.step);
        if (!set) continue;
        if (wanted) {
          EXPECT_EQ(set->value, *wanted) << print(scenario);
          wanted.reset();
          ++put_back;
        } else if (set->value <= 0) {
          wanted = eps_of(set->module);
        } else {
          eps[scope.place(set->module).module] = set->value;
        }
      }
    }
  EXPECT_GT(put_back, 20);
}

}  // namespace
}  // namespace normdiff
