#include "harness/language/steps.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace normdiff {
namespace {

using ::testing::ElementsAre;

/// net.bn.scale(2)      no step of the language: a kind of step is the data of its struct
struct Scale {
  ModuleRef module;
  int factor = 1;
  NameId input = 7;

  static constexpr Effect effect = {.forwards = 1, .moves = Moves::anything};
  static constexpr auto fields =
      std::tuple{field::Object{"module", &Scale::module, Takes::eager},
                 field::Operand{"input", &Scale::input, Takes::tensor}, field::KeywordsOnly{},
                 field::Option{"factor", &Scale::factor, 1, IntegerRange{0, 9}}};
};

/// Writes down what it is shown.
struct Listing {
  std::vector<std::string> seen;
  void object(std::string_view key, ModuleRef, Takes) { seen.emplace_back(key); }
  void operand(std::string_view key, NameId, Takes) { seen.emplace_back(key); }
  void keywords() { seen.emplace_back("*"); }
  void option(std::string_view key, int value, int standard, IntegerRange range) {
    seen.push_back(std::string(key) + "=" + std::to_string(value) + " of " +
                   std::to_string(standard) + ", " + std::to_string(range.least) + " to " +
                   std::to_string(range.most));
  }
};

TEST(Fields, AreVisitedInTheOrderInWhichTheyAreWritten) {
  const Scale step{{3, 0}, 2, 7};
  Listing listing;
  visit_fields_of(listing, step);
  EXPECT_THAT(listing.seen, ElementsAre("module", "input", "*", "factor=2 of 1, 0 to 9"));
}

TEST(Fields, SayWhatAStepWorksOn) {
  const Scale step{{3, 1}, 2, 7};
  EXPECT_EQ(module_of(step)->it, (ModuleRef{3, 1}));
  EXPECT_EQ(module_of(step)->key, "module");
  EXPECT_EQ(operand_of(step, Takes::tensor)->it, 7);
  EXPECT_EQ(operand_of(step, Takes::tensor)->key, "input");
  EXPECT_FALSE(operand_of(step, Takes::differentiable));
}

TEST(Fields, TheModuleOfALoadIsItsTargetAndOfASavedScriptTheScript) {
  EXPECT_EQ(module_of(LoadStateDict{{1, 2}, {3, 4}})->it, (ModuleRef{1, 2}));
  EXPECT_EQ(module_of(JitSaveLoad{1, 2})->it, (ModuleRef{2, 0}));
  EXPECT_EQ(module_of(Fill{{5, 6}, {}, {}, 0})->it, (ModuleRef{5, 6}));
  EXPECT_FALSE(module_of(MakeTensor{}));
}

TEST(Steps, HaveNamesAndSpellingsOfTheirOwn) {
  std::set<std::string_view> names;
  std::set<std::pair<Form, std::string_view>> spellings;
  std::size_t count = 0;
  for_each_step_type([&](auto tag) {
    using S = typename decltype(tag)::type;
    names.insert(S::name);
    for (const Spelling& spelling : S::spellings) {
      spellings.emplace(spelling.form, spelling.word);
      ++count;
    }
  });
  EXPECT_EQ(names.size(), static_cast<std::size_t>(step_kind_count));
  EXPECT_EQ(spellings.size(), count) << "two kinds of steps are spelled alike";
}

TEST(StepKinds, HaveNames) {
  for (std::size_t kind = 0; kind < static_cast<std::size_t>(step_kind_count); ++kind)
    EXPECT_EQ(step_kind_from(step_kind_name(kind)), kind);
  EXPECT_EQ(step_kind_name(Step(OnnxExport{}).index()), "torch.onnx.export");
  EXPECT_FALSE(step_kind_from("gone"));
}

}  // namespace
}  // namespace normdiff
