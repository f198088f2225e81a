#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "harness/profiles/generate.hpp"
#include "harness/scenario/scope.hpp"
#include "reference/modules/forward.hpp"

namespace normdiff {
namespace {

TEST(GeneratorNetworks, HaveEveryKindOfModuleAndANorm) {
  std::set<ModuleKind> kinds;
  int trees = 0, without = 0;
  Scenario scenario;
  for (std::uint64_t index = 0; index < 500; ++index) {
    generate(Profile::modes, 6, index, scenario);
    const Scope scope = resolve(scenario);
    for (const Statement& statement : scenario.statements) {
      const auto* made = std::get_if<Construct>(&statement.step);
      if (!made) continue;
      const auto& places = scope[made->result].places;
      for (const reference::Place& place : places) kinds.insert(place.module->kind());
      ++trees;
      without += std::none_of(places.begin(), places.end(), [](const reference::Place& place) {
        return is_norm(place.module->layer);
      });
    }
  }
  EXPECT_EQ(kinds.size(), count_of<ModuleKind>);
  EXPECT_LT(without, trees / 20) << "norms are what this is about";
}

/// Fresh, on zeros of that shape.
bool refused(const ModuleSpec& spec, const Shape& shape) {
  reference::Made made;
  const reference::ModulePtr net = reference::construct(spec, made);
  const std::vector<float> zeros(static_cast<std::size_t>(shape.numel()) + 1);
  reference::ForwardOptions options;
  options.arithmetic = &reference::libtorch_cpu();
  reference::ForwardPass pass;
  pass.run(*net, {{zeros.data(), DType::float32, shape, nullptr}, DType::float32, std::nullopt},
           options, {}, nullptr);
  return !pass.refusals().empty();
}

TEST(GeneratorNetworks, TakeTheInputsThatAreDrawnForThemButForAFew) {
  int forwards = 0, refusals = 0;
  Scenario scenario;
  for (std::uint64_t index = 0; index < 300; ++index) {
    generate(Profile::modes, 7, index, scenario);
    const Scope scope = resolve(scenario);
    for (const Statement& statement : scenario.statements) {
      const auto* forward = std::get_if<Forward>(&statement.step);
      if (!forward) continue;
      const auto* input = std::get_if<MakeTensor>(
          &scenario.statements[static_cast<std::size_t>(scope[forward->input].step)].step);
      if (!input) continue;  // the result of another forward
      ++forwards;
      refusals += refused(*scope.place(forward->module).module, input->shape);
    }
  }
  EXPECT_GT(refusals, 0) << "a few are wrong on purpose";
  EXPECT_LT(refusals, forwards / 5);
}

}  // namespace
}  // namespace normdiff
