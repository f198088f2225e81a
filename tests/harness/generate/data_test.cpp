#include <gtest/gtest.h>

#include <set>

#include "harness/profiles/generate.hpp"

namespace normdiff {
namespace {

TEST(GeneratorData, NumericsDrawsEveryRuleDtypeAndLayout) {
  std::set<RuleKind> rules;
  std::set<DType> dtypes;
  std::set<Layout> layouts;
  bool literal = false, empty = false, with_gradient = false;
  Scenario scenario;
  for (std::uint64_t index = 0; index < 2000; ++index) {
    generate(Profile::numerics, 5, index, scenario);
    for (const Statement& statement : scenario.statements) {
      const auto* x = std::get_if<MakeTensor>(&statement.step);
      if (!x) continue;
      dtypes.insert(x->dtype);
      layouts.insert(x->memory_format);
      empty = empty || x->shape.numel() == 0;
      with_gradient = with_gradient || x->requires_grad;
      if (const auto* rule = std::get_if<Rule>(&x->data))
        rules.insert(rule->kind);
      else
        literal = true;
    }
  }
  EXPECT_EQ(rules.size(), count_of<RuleKind>);
  EXPECT_EQ(dtypes.size(), 2u);
  EXPECT_EQ(layouts.size(), 3u);
  EXPECT_TRUE(literal && empty && with_gradient);
}

TEST(GeneratorData, ARuleThatDrawsNothingHasNoSeed) {
  Scenario scenario;
  for (std::uint64_t index = 0; index < 500; ++index) {
    generate(Profile::numerics, 5, index, scenario);
    for (const Statement& statement : scenario.statements)
      if (const auto* x = std::get_if<MakeTensor>(&statement.step)) {
        const auto* rule = std::get_if<Rule>(&x->data);
        if (!rule || rule->kind == RuleKind::constant || rule->kind == RuleKind::ramp) {
          EXPECT_EQ(x->seed, 0u);
        }
      }
  }
}

}  // namespace
}  // namespace normdiff
