#include "harness/generate/draft.hpp"

#include <gtest/gtest.h>

#include "harness/generate/networks.hpp"

namespace normdiff {
namespace {

struct Drafted : ::testing::Test {
  Drafted() {
    draft.begin(Profile::modes, 7, scenario);
    draw_network(draft);
  }
  Scenario scenario;
  Draft draft;
};

TEST_F(Drafted, NamesAreNumberedFromTheSecondOn) {
  const auto named = [&](NameStem stem) { return scenario.names[draft.name(stem)]; };
  EXPECT_EQ(named(NameStem::tensor), "x");
  EXPECT_EQ(named(NameStem::tensor), "x2");
  EXPECT_EQ(named(NameStem::copy), "b");
  EXPECT_EQ(draft.made(NameStem::tensor), 2);
  EXPECT_EQ(draft.made(NameStem::script), 0);
}

TEST_F(Drafted, ANewScenarioKeepsNothingOfTheOneBefore) {
  (void)draft.name(NameStem::tensor);
  draft.begin(Profile::modes, 8, scenario);
  draft.finish();
  EXPECT_TRUE(scenario.statements.empty());
  EXPECT_TRUE(scenario.names.empty());
  EXPECT_TRUE(draft.trees.empty() && draft.groups.empty());
}

TEST_F(Drafted, AResultIsCurrentUntilItsGroupChanges) {
  draft.forward({0, 0}, draft.tensor_for({0, 0}), true);
  EXPECT_TRUE(draft.is_current(draft.results.back()));
  ++draft.groups[0].version;
  EXPECT_FALSE(draft.is_current(draft.results.back()));
}

TEST_F(Drafted, AResultGoesOnInTheGraphOfItsInput) {
  draft.trees[0].layers.clear();  // as if it kept the shape
  DraftedTensor input = draft.tensor_for({0, 0});
  input.requires_grad = true;
  draft.forward({0, 0}, input, true);
  draft.results[0].value.requires_grad = true;
  const auto earlier = draft.result_for({0, 0});
  ASSERT_TRUE(earlier);
  EXPECT_EQ(earlier->name, draft.results[0].value.name);
  draft.forward({0, 0}, *earlier, true);
  EXPECT_EQ(draft.results[1].before, 0u);
  draft.free(draft.results[1]);
  EXPECT_TRUE(draft.is_freed(draft.results[0]));
  draft.results[1].version = draft.groups[0].version;
  draft.results[0].version = draft.groups[0].version - 1;
  EXPECT_FALSE(draft.is_current(draft.results[1]));
}

TEST_F(Drafted, AForwardThatOughtToBeRefusedIsNoPlaceForABackward) {
  for (int i = 0; i < 20; ++i) {
    draft.forward({0, 0}, draft.tensor_for({0, 0}), false);
    EXPECT_FALSE(draft.results.back().backward);
  }
}

TEST_F(Drafted, NothingInsideADerivedTreeHasAName) {
  const DraftedTree& script =
      draft.add_derived_tree({0, 0}, NameKind::script, draft.name(NameStem::script));
  EXPECT_EQ(script.modules.size(), 1u);
  EXPECT_EQ(script.group, draft.trees[0].group) << "it shares the module's tensors";
  EXPECT_EQ(draft.count(NameKind::script), 1);
}

TEST_F(Drafted, AnInputHasNoBatchWhereItNeedsNone) {
  InputSizes takes{.rank = 4, .channels = 5};
  const auto without_batch = [&] {
    int count = 0;
    for (int i = 0; i < 200; ++i) {
      const Shape shape = draft.shape_for(takes);
      count += shape.rank() == 3;
      EXPECT_EQ(shape[shape.rank() - 3], 5) << "channels come before the other sizes";
    }
    return count;
  };
  EXPECT_EQ(without_batch(), 0);
  takes.unbatched = true;
  EXPECT_GT(without_batch(), 0);
}

TEST_F(Drafted, AnEagerPathIsARootOrANorm) {
  int roots = 0, norms = 0;
  for (int i = 0; i < 200; ++i) {
    const DraftedPath path = draft.any_eager(0.5);
    if (path.module == 0)
      ++roots;
    else
      EXPECT_TRUE(draft.module(path).norm);
    norms += draft.module(path).norm;
  }
  EXPECT_GT(roots, 0);
  EXPECT_GT(norms, 0);
}

}  // namespace
}  // namespace normdiff
