#include "harness/language/scenario.hpp"

#include <gtest/gtest.h>

#include <set>

namespace normdiff {
namespace {

TEST(StepKinds, HaveNames) {
  std::set<std::string_view> names;
  for (std::size_t kind = 0; kind < static_cast<std::size_t>(step_kind_count); ++kind) {
    names.insert(step_kind_name(kind));
    EXPECT_EQ(step_kind_from(step_kind_name(kind)), kind);
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(step_kind_count));
  EXPECT_EQ(step_kind_name(Step(OnnxExport{}).index()), "torch.onnx.export");
  EXPECT_FALSE(step_kind_from("gone"));
}

TEST(Scenario, InternsANameOnce) {
  Scenario scenario;
  const NameId net = scenario.intern("net");
  const NameId x = scenario.intern("x");
  EXPECT_NE(net, x);
  EXPECT_EQ(scenario.intern("net"), net);
  EXPECT_EQ(scenario.names, (std::vector<std::string>{"net", "x"}));
}

}  // namespace
}  // namespace normdiff
