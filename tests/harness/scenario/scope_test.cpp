#include "harness/scenario/scope.hpp"

#include <gmock/gmock.h>

#include "harness/profiles/generate.hpp"
#include "tests/harness/scenario/samples.hpp"

namespace normdiff {
namespace {

void expect_valid(const Scenario& scenario) {
  Scope scope(scenario.names.size());
  for (const Statement& statement : scenario.statements) {
    const auto problem = scope.problem(scenario, statement.step);
    ASSERT_FALSE(problem) << *problem;
    scope.apply(scenario, statement.step);
  }
}

TEST(Repair, MakesAnySubsequenceValidAndIsIdempotent) {
  Random random(5);
  Scenario scenario;
  for (const Profile profile : {Profile::modes, Profile::numerics, Profile::exports})
    for (std::uint64_t index = 0; index < 400; ++index) {
      generate(profile, 11, index, scenario);
      const double keep = 0.3 + 0.6 * random.unit();
      std::vector<Statement> kept;
      for (Statement& statement : scenario.statements)
        if (random.chance(keep)) kept.push_back(std::move(statement));
      scenario.statements = std::move(kept);
      repair(scenario);
      expect_valid(scenario);
      const std::string once = print(scenario);
      repair(scenario);
      EXPECT_EQ(print(scenario), once);
      EXPECT_EQ(print(testing::parsed(once)), once);
    }
}

TEST(Repair, DropsNothingFromAValidScenario) {
  for (const auto& sample : testing::corpus()) {
    Scenario scenario = testing::parsed(sample.text);
    repair(scenario);
    EXPECT_EQ(print(scenario), sample.text);
  }
}

TEST(Repair, DropsWhatDependsOnADroppedStep) {
  Scenario scenario = testing::scenario(
      "net = BatchNorm1d(2)\nx = tensor(2, 2, normal(0, 1))\ny = net(x)\n"
      "backward(y, normal(0, 1))\nnet.eval()\n");
  scenario.statements.erase(scenario.statements.begin() + 1);
  repair(scenario);
  EXPECT_EQ(print(scenario), "# normdiff-scenario 1\nnet = BatchNorm1d(2)\nnet.eval()\n");
}

TEST(Scope, KnowsNamesTreesAndSharing) {
  const Scenario scenario = testing::scenario(
      "bn = BatchNorm2d(2)\nnet = Sequential(a=bn, block=Sequential(b=bn), relu=ReLU())\n"
      "c = copy.deepcopy(net.block)\nx = tensor(2, 2, 1, 1, normal(0, 1))\n"
      "s = torch.jit.trace(net, x)\ns2 = torch.jit.save_load(s)\ny = s2(x)\n");
  const Scope scope = resolve(scenario);
  const NameInfo& net = scope[1];
  EXPECT_EQ(net.kind, NameKind::module);
  EXPECT_EQ(net.step, 1);
  ASSERT_EQ(net.places.size(), 5u);
  EXPECT_EQ(net.places[3].path, "block.b");
  EXPECT_EQ(net.places[3].same_module_as, 1);
  // A name used as a child is the same module; a copy is another.
  EXPECT_EQ(net.places[1].module, scope[0].spec.get());
  ASSERT_EQ(scope[2].places.size(), 2u);
  EXPECT_NE(scope[2].places[1].module, scope[0].spec.get());
  EXPECT_EQ(scope[4].kind, NameKind::script);
  EXPECT_TRUE(scope[5].traced);
  EXPECT_EQ(scope[5].places[3].same_module_as, 1);
  EXPECT_EQ(scope[6].kind, NameKind::result);
  EXPECT_TRUE(scope[6].differentiable);
}

TEST(Scope, AReplacementStandsInEveryTreeThatHoldsTheParent) {
  const Scenario scenario = testing::scenario(
      "bn = BatchNorm2d(2)\nnet = Sequential(a=bn, b=bn)\nouter = Sequential(net=net, c=bn)\n"
      "before = copy.deepcopy(outer)\nwide = Conv2d(2, 3, 1)\nreplace(net.b, wide)\n"
      "after = copy.deepcopy(outer)\n");
  const Scope scope = resolve(scenario);
  enum : NameId { bn, net, outer, before, wide, after };
  const auto kind = [&](NameId name, std::uint16_t place) {
    return scope.place({name, place}).module->kind();
  };
  const ModuleKind conv = kind(wide, 0), norm = kind(bn, 0);
  EXPECT_EQ(kind(net, 1), norm);
  EXPECT_EQ(kind(net, 2), conv);
  EXPECT_EQ(scope.place({net, 2}).path, "b");
  EXPECT_EQ(scope.place({outer, 3}).module, scope.spec(wide).get());  // one module, three names
  EXPECT_EQ(kind(outer, 4), norm);
  EXPECT_EQ(kind(before, 3), norm);
  EXPECT_EQ(kind(after, 3), conv);
  // It is known as well what each was when it was made.
  EXPECT_EQ(scope[outer].places[3].module->kind(), norm);
  Scope earlier(scenario.names.size());
  for (std::size_t i = 0; i < 5; ++i) earlier.apply(scenario, scenario.statements[i].step);
  EXPECT_EQ(earlier.place({outer, 3}).module->kind(), norm);
  EXPECT_EQ(scope[net].elements, scope[bn].elements + scope[wide].elements);
}

TEST(Scope, ASizeBehindAReplacementIsThatOfTheReplacement) {
  const Scenario scenario = testing::scenario(
      "net = Sequential(a=BatchNorm1d(2))\nb = BatchNorm1d(3)\nfill(net.a.weight, [1, 2])\n"
      "replace(net.a, b)\nfill(net.a.weight, [1, 2, 3])\nx = tensor(4, 3, [0, 0, 0, 0, 0, 0, 0, "
      "0, 0, 0, 0, 0])\ny = net(x)\n");
  EXPECT_EQ(resolve(scenario)[3].shape, (Shape{4, 3}));
  EXPECT_EQ(resolve(scenario).problem(scenario, scenario.statements[2].step),
            "the list has 2 numbers, and the tensor 3; write one for each element, or a rule");
}

TEST(Scope, SaysWhatAMutationBroke) {
  Scenario scenario = testing::scenario("net = BatchNorm1d(2)\nnet.eps = 1\n");
  Scope scope(scenario.names.size());
  scope.apply(scenario, scenario.statements[0].step);
  EXPECT_EQ(scope.problem(scenario, SetEps{{0, 3}, 1}), "'net' has no such part");
  EXPECT_EQ(scope.problem(scenario, SetEps{{9, 0}, 1}), "an operand has no name");
  EXPECT_EQ(scope.problem(scenario, scenario.statements[0].step),
            "'net' is a module already, and a name is assigned once; choose another name");
}

}  // namespace
}  // namespace normdiff
