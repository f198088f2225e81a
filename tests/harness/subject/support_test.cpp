#include "harness/subject/support.hpp"

#include <gmock/gmock.h>

#include "harness/scenario/text/text.hpp"

namespace normdiff {
namespace {

using testing::HasSubstr;

std::size_t kind(std::string_view name) {
  return *step_kind_from(name);
}

TEST(Support, TheTableCoversEveryFamilyAndStep) {
  ASSERT_EQ(support_table().size(), 3U);
  EXPECT_EQ(never_does("python", kind("torch.jit.script")), nullptr);
  EXPECT_EQ(never_does("libtorch", kind("set_training")), nullptr) << "in part it does";
  EXPECT_THAT(never_does("libtorch", kind("torch.onnx.export")),
              HasSubstr("Pure C++ LibTorch can't"));
  EXPECT_THAT(never_does("somebody's", kind("forward")), HasSubstr("does not know"));
}

TEST(Support, AStepHasTheRowOfItsCapabilityUnlessItHasItsOwn) {
  const auto parsed = parse_support(
      "[a]\neager = \"yes\"\ntorchscript = \"no compiler\"\nonnx = \"no exporter\"\n"
      "\"torch.jit.trace\" = \"yes\"\nfill = \"no hands\"\n");
  const Support& support = std::get<0>(parsed).at(0);
  EXPECT_EQ(support.rows[kind("train")].declines, Declines::nothing);
  EXPECT_EQ(support.rows[kind("fill")].why, "no hands");
  EXPECT_EQ(support.rows[kind("torch.jit.script")].why, "no compiler");
  EXPECT_EQ(support.rows[kind("torch.jit.trace")].declines, Declines::nothing);
  EXPECT_EQ(support.rows[kind("torch.onnx.export")].why, "no exporter");
}

/// The family may decline the last statement.
bool may_decline_last(std::string_view family, const std::string& statements) {
  const auto parsed = parse("# normdiff-scenario 1\nbn = BatchNorm2d(2)\n" + statements);
  const auto& scenario = std::get<Scenario>(parsed);
  const Scope scope = resolve(scenario);
  const Step& last = scenario.statements.back().step;
  const auto module = std::visit([](const auto& step) { return module_of(step); }, last);
  const reference::Layer* there = module ? &scope.place(module->it).module->layer : nullptr;
  return may_decline(family, scenario, scope, scenario.statements.size() - 1, there);
}

TEST(Support, WhatCountsIsTheModuleThatReallyStandsThere) {
  // The scenario replaces it later, or its replacement was not made.
  const auto parsed = parse(
      "# normdiff-scenario 1\nnet = Sequential(n=InstanceNorm1d(2))\nb = BatchNorm1d(2)\n"
      "net.n.momentum = None\nnet.n.training = False\nreplace(net.n, b)\n");
  const auto& scenario = std::get<Scenario>(parsed);
  const auto may = [&](std::size_t step, const reference::Layer& there) {
    return may_decline("libtorch", scenario, resolve(scenario), step, &there);
  };
  const reference::Layer instance = reference::InstanceNorm<1>(reference::NormOptions());
  EXPECT_TRUE(may(2, instance));
  EXPECT_FALSE(may(2, reference::BatchNorm<1>()));
  EXPECT_TRUE(may(3, reference::Sequential()));
  EXPECT_FALSE(may(3, instance));
  EXPECT_FALSE(may_decline("libtorch", scenario, resolve(scenario), 3, nullptr));
}

TEST(Support, WhatIsDoneInPartMayBeDeclinedForThatPartOnly) {
  EXPECT_FALSE(may_decline_last("libtorch", "bn.eval()\n"));
  EXPECT_FALSE(may_decline_last("libtorch", "bn.training = False\n"));
  for (const char* tree : {"Sequential(bn)", "Sequential()"})
    EXPECT_TRUE(
        may_decline_last("libtorch", "net = " + std::string(tree) + "\nnet.training = False\n"));
  const std::string load = "b = BatchNorm2d(2)\nb.load_state_dict(bn.state_dict())\n";
  EXPECT_FALSE(may_decline_last("libtorch", load));
  EXPECT_TRUE(may_decline_last("libtorch", "bn.to(float64)\n" + load));
  EXPECT_FALSE(may_decline_last("python", "bn.to(float64)\n" + load));
  for (const char* module :
       {"InstanceNorm1d(2, momentum=None)", "Sequential(InstanceNorm1d(2, momentum=None))"})
    EXPECT_TRUE(may_decline_last("libtorch", "net = " + std::string(module) + "\n")) << module;
  EXPECT_FALSE(may_decline_last("libtorch", "net = BatchNorm1d(2, momentum=None)\n"));
  const std::string norm = "net = InstanceNorm1d(2)\n";
  EXPECT_FALSE(may_decline_last("libtorch", norm));
  EXPECT_TRUE(may_decline_last("libtorch", norm + "net.momentum = None\n"));
  EXPECT_FALSE(may_decline_last("libtorch", norm + "net.momentum = 0.5\n"));
  EXPECT_FALSE(may_decline_last("libtorch", "bn.momentum = None\n"));
  const std::string x = "x = tensor(2, 2, 1, 1, normal(0, 1))\n";
  const std::string exported =
      x + "m = torch.onnx.export(bn, x, training=EVAL, dynamo=False, opset_version=17)\n";
  EXPECT_FALSE(may_decline_last("python", x + "y = bn(x)\n"));
  EXPECT_TRUE(may_decline_last("python", exported + "y = m(x)\n"));
  EXPECT_TRUE(may_decline_last("python", exported));
  EXPECT_TRUE(may_decline_last("libtorch", exported)) << "which never does it";
  EXPECT_FALSE(may_decline_last("textbook", exported));
  EXPECT_TRUE(may_decline_last("somebody's", "bn.eval()\n"));
}

TEST(Support, ABadTableIsASentence) {
  const auto error = [](std::string_view toml) {
    const auto parsed = parse_support(toml);
    return std::holds_alternative<std::string>(parsed) ? std::get<std::string>(parsed) : "";
  };
  EXPECT_THAT(error("[a"), HasSubstr("support.toml:1:"));
  EXPECT_THAT(error("a = 1"), HasSubstr("must be a table"));
  EXPECT_THAT(error("[a]\nfly = \"yes\""), HasSubstr("no such capability or step: fly"));
  EXPECT_THAT(error("[a]\neager = \"yes\""),
              HasSubstr("say \"yes\", why not, or what of and why for torchscript"));
  const std::string all = "[a]\neager = \"yes\"\ntorchscript = \"yes\"\nonnx = \"yes\"\n";
  EXPECT_EQ(error(all), "");
  EXPECT_THAT(error(all + "construct = 3"), HasSubstr("for construct"));
  EXPECT_THAT(error(all + "construct = {of = \"a Sequential\"}"), HasSubstr("for construct"));
  EXPECT_THAT(error(all + "construct = {of = \"a whim\", why = \"so\"}"),
              HasSubstr("for construct"));
}

}  // namespace
}  // namespace normdiff
