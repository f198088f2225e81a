#include "harness/scenario/plan.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/harness/scenario/samples.hpp"

namespace normdiff {
namespace {

using nlohmann::json;

TEST(Plan, WritesEveryKindOfStep) {
  const json made = plan(testing::scenario(
      "bn = BatchNorm2d(2, eps=inf, momentum=None)\n"
      "net = Sequential(a=bn, conv=Conv2d(2, 1, kernel_size=1, bias=False), b=Sequential(bn))\n"
      "x = tensor(1, 2, 1, 1, [1, -2], memory_format=strided)\n"
      "net.b[0].eval()\n"
      "net.a.momentum = nan\n"
      "fill(net.a.num_batches_tracked, [3])\n"
      "fill(net.a.running_var, [1, 0.5])\n"
      "y = no_grad(net, x)\n"
      "z = net(x)\n"
      "backward(z, constant(1), retain_graph=True)\n"
      "net.to(float64)\n"
      "net.load_state_dict(net.state_dict())\n"
      "s = torch.jit.trace(net, x)\n"
      "s2 = torch.jit.save_load(s)\n"
      "m = torch.onnx.export(net.a, x, training=PRESERVE, dynamo=True, opset_version=18)\n"));
  EXPECT_EQ(made["format"], 1);
  EXPECT_EQ(made["names"], json({"bn", "net", "x", "y", "z", "s", "s2", "m"}));
  const json& steps = made["steps"];
  EXPECT_EQ(steps[0], json::parse(R"({"step": "construct", "result": 0, "module": {
      "kind": "BatchNorm2d", "place": 0, "initial": {},
      "arguments": {"num_features": 2, "eps": {"double": "inf"}, "momentum": null, "affine": true,
                    "track_running_stats": true},
      "attributes": ["momentum", "eps", "track_running_stats"],
      "slots": ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]}})"));
  const json& children = steps[1]["module"]["children"];
  EXPECT_EQ(steps[1]["module"]["kind"], "Sequential");
  EXPECT_EQ(children[0], json::parse(R"(["a", {"shared": 0, "place": 1}])"));
  EXPECT_EQ(children[1][1]["kind"], "Conv2d");
  EXPECT_EQ(children[1][1]["place"], 2);
  EXPECT_EQ(children[1][1]["arguments"]["bias"], false);
  EXPECT_EQ(children[1][1]["initial"]["weight"]["shape"], json({1, 2, 1, 1}));
  EXPECT_EQ(children[1][1]["initial"]["weight"]["bits"].get<std::string>().size(), 12u);
  EXPECT_EQ(children[1][1]["initial"].count("bias"), 0u);
  EXPECT_EQ(children[2], json::parse(R"(["b", {"kind": "Sequential", "place": 3, "arguments": {},
      "initial": {}, "attributes": [], "slots": [],
      "children": [["0", {"shared": 0, "place": 4}]]}])"));
  EXPECT_EQ(steps[2], json::parse(R"({"step": "tensor", "result": 2, "requires_grad": false,
      "memory_format": "strided",
      "value": {"dtype": "float32", "shape": [1, 2, 1, 1], "bits": "AACAPwAAAMA="}})"));
  EXPECT_EQ(steps[3], json::parse(R"({"step": "train", "mode": false,
      "module": {"name": 1, "place": 4, "path": "b.0"},
      "spelled": {"method": "eval", "values": [], "keywords": {}}})"));
  EXPECT_EQ(steps[4]["value"], json::parse(R"({"double": "nan"})"));
  EXPECT_EQ(steps[5]["slot"], "num_batches_tracked");
  EXPECT_EQ(steps[5]["value"],
            json::parse(R"({"dtype": "int64", "shape": [], "bits": "AwAAAAAAAAA="})"));
  EXPECT_EQ(steps[6]["value"]["dtype"], "float64");
  EXPECT_EQ(steps[6]["value"]["shape"], json({2}));
  EXPECT_EQ(steps[7], json::parse(R"({"step": "forward", "result": 3, "input": 2, "grad": false,
      "module": {"name": 1, "place": 0, "path": ""}})"));
  EXPECT_EQ(steps[9]["output"], 4);
  EXPECT_EQ(steps[9]["retain_graph"], true);
  EXPECT_EQ(steps[9]["gradient"]["dtype"], "float64");
  EXPECT_EQ(steps[9]["gradient"]["shape"], json({4096}));
  EXPECT_EQ(steps[10]["dtype"], "float64");
  EXPECT_EQ(steps[11]["target"], steps[11]["source"]);
  EXPECT_EQ(steps[12]["check_trace"], true);
  EXPECT_EQ(steps[13], json::parse(R"({"step": "torch.jit.save_load", "result": 6, "script": 5})"));
  EXPECT_EQ(steps[14], json::parse(R"({"step": "torch.onnx.export", "result": 7, "input": 2,
      "module": {"name": 1, "place": 1, "path": "a"}, "training": "PRESERVE", "dynamo": true,
      "opset_version": 18, "do_constant_folding": true})"));
}

TEST(Plan, SpecialValuesAreThoseOfTheDtypeThatTheSubjectFinds) {
  const json made = plan(testing::scenario(
      "bn = BatchNorm1d(2)\nfill(bn.weight, special(1), seed=3)\n"
      "fill(bn.bias, normal(0, 1), seed=3)\nx = tensor(2, 2, special(1), seed=3)\n"));
  const json& steps = made["steps"];
  EXPECT_EQ(steps[1]["value"]["dtype"], "float64");
  EXPECT_EQ(steps[1]["value_float32"]["dtype"], "float32");
  EXPECT_FALSE(steps[2].contains("value_float32"));  // rounding does
  EXPECT_EQ(steps[3]["value"]["dtype"], "float32");
  EXPECT_FALSE(steps[3].contains("value_float32"));  // a tensor says its own
}

TEST(Gradient, OfAListIsTheList) {
  const json made =
      plan(testing::scenario("bn = BatchNorm1d(2)\nx = tensor(2, 2, [1, 2, 3, 6])\ny = bn(x)\n"
                             "backward(y, [1, -2, 3, 4])\n"));
  EXPECT_EQ(made["steps"][3]["gradient"]["shape"], json({4}));
  const Backward step{0, Literal{1, -2, 3, 4}, 0, false};
  std::vector<double> gradient(4);
  make_gradient(step, 4, DType::float64, gradient.data());
  EXPECT_EQ(gradient, (std::vector<double>{1, -2, 3, 4}));
}

TEST(Gradient, IsACycleInTheDtypeAskedFor) {
  const Backward step{0, Rule{RuleKind::normal, 0, 1}, 4, false};
  std::vector<double> cycle(4096);
  make_data(step.gradient, step.seed, 4096, DType::float64, cycle.data());
  std::vector<float> rounded(9000);
  make_gradient(step, 9000, DType::float32, rounded.data());
  for (std::size_t i = 0; i < rounded.size(); ++i)
    ASSERT_EQ(rounded[i], static_cast<float>(cycle[i % 4096]));
  std::vector<double> few(3);
  make_gradient(step, 3, DType::float64, few.data());
  EXPECT_EQ(few, std::vector<double>(cycle.begin(), cycle.begin() + 3));
}

}  // namespace
}  // namespace normdiff
