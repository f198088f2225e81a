#include "harness/trace/json.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/scenario/scope.hpp"
#include "harness/trace/recorder.hpp"
#include "tests/harness/scenario/samples.hpp"

namespace normdiff {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

Scenario scenario() {
  return testing::scenario(
      "net = Sequential(bn=BatchNorm2d(2))\n"
      "x = tensor(1, 2, 2, 2, normal(0, 1), dtype=float32)\n"
      "y = net(x)\n");
}

/// A step of a trace with one observation of `value` in `slot`.
json step_with(const std::string& slot, json value) {
  return {{"step", 0}, {"outcome", "ok"}, {"observed", {{0, 1, slot, std::move(value)}}}};
}
json good_tensor() {
  return {{"dtype", "float32"}, {"shape", {2}},   {"strides", {1}},        {"requires_grad", true},
          {"is_leaf", true},    {"storage", 261}, {"bits", "AACAPwAAAEA="}};
}

std::string problem(const json& step) {
  Trace trace;
  const auto found = append_json(step, 3, trace);
  EXPECT_TRUE(trace.steps.empty() == found.has_value());
  EXPECT_TRUE(!found || trace.observations.empty());
  return found.value_or("");
}

TEST(TraceJson, ReadsBackWhatItWrites) {
  Trace trace;
  Recorder recorder;
  recorder.begin(trace, 3);
  const float memory[2] = {1.5F, -0.0F};
  ObservedTensor tensor;
  tensor.shape = Shape{2};
  tensor.strides = Shape{1};
  tensor.requires_grad = true;
  tensor.data = reinterpret_cast<const std::byte*>(memory);
  recorder.flag({0, 0, Slot::training}, true);
  recorder.none({0, 1, Slot::momentum});
  recorder.number({0, 1, Slot::eps}, 1e-5);
  recorder.integer({0, 1, Slot::identity}, 256);
  recorder.tensor({0, 1, Slot::weight}, tensor);
  recorder.text({0, 1, Slot::running_var}, "a sparse tensor");
  recorder.end_step(Outcome::ok);
  for (const double value : {std::nan(""), -HUGE_VAL, HUGE_VAL, 0.1, -0.0}) {
    recorder.number({0, 1, Slot::eps}, value);
    recorder.end_step(Outcome::error, "ValueError", "why");
  }
  recorder.end_step(Outcome::unsupported, {}, "needs y, which was not made");

  const Scenario s = scenario();
  const Scope scope = resolve(s);
  Trace again;
  for (std::size_t i = 0; i < trace.steps.size(); ++i) {
    const json line = json::parse(to_json(trace, i, s, scope).dump());
    EXPECT_EQ(append_json(line, 3, again), std::nullopt) << line;
  }
  ASSERT_EQ(again.steps.size(), trace.steps.size());
  ASSERT_EQ(again.observations.size(), trace.observations.size());
  for (std::size_t i = 0; i < trace.observations.size(); ++i) {
    EXPECT_EQ(again.observations[i].key, trace.observations[i].key);
    EXPECT_TRUE(same(again.observations[i].value, trace.observations[i].value)) << i;
  }
  for (std::size_t i = 0; i < trace.steps.size(); ++i) {
    EXPECT_EQ(again.steps[i].outcome, trace.steps[i].outcome);
    EXPECT_EQ(again.steps[i].error_class, trace.steps[i].error_class);
    EXPECT_EQ(again.steps[i].text, trace.steps[i].text);
  }
}

TEST(TraceJson, TakesATensor) {
  EXPECT_EQ(problem(step_with("weight", good_tensor())), "");
  json other = good_tensor();
  other["dtype"] = "bfloat16";
  other.erase("bits");
  EXPECT_EQ(problem(step_with("weight", other)), "");
}

TEST(TraceJson, RefusesTensorsThatAreNone) {
  const auto with = [](const char* key, json value) {
    json tensor = good_tensor();
    tensor[key] = std::move(value);
    return problem(step_with("weight", tensor));
  };
  EXPECT_THAT(with("shape", {3}), HasSubstr("12 bytes has 12 characters of bits, not 16"));
  EXPECT_THAT(with("shape", {-2}), HasSubstr("size -2"));
  EXPECT_THAT(with("shape", {1, 1, 1, 1, 1, 2}), HasSubstr("6 dimensions"));
  EXPECT_THAT(with("shape", {std::int64_t{1} << 40, std::int64_t{1} << 40}), HasSubstr("2^40"));
  EXPECT_THAT(with("shape", {1.5}), HasSubstr("shape"));
  EXPECT_THAT(with("shape", "2"), HasSubstr("shape"));
  EXPECT_THAT(with("strides", {1, 1}), HasSubstr("1 sizes and 2 strides"));
  EXPECT_THAT(with("bits", "AACAPwAAAEA!"), HasSubstr("base64"));
  EXPECT_THAT(with("bits", nullptr), HasSubstr("bits"));
  EXPECT_THAT(with("dtype", 3), HasSubstr("dtype"));
  EXPECT_THAT(with("requires_grad", 1), HasSubstr("requires_grad"));
  EXPECT_THAT(with("storage", -1), HasSubstr("storage"));
}

TEST(TraceJson, RefusesKeysThatNameNothing) {
  const auto with = [](json observation) {
    return problem({{"step", 0}, {"outcome", "ok"}, {"observed", {std::move(observation)}}});
  };
  EXPECT_EQ(with({2, 4096, "training", true}), "");
  EXPECT_EQ(with({2, 0, "training", true, "y.training"}), "");
  EXPECT_THAT(with({3, 0, "training", true}), HasSubstr("3 names"));
  EXPECT_THAT(with({-1, 0, "training", true}), HasSubstr("3 names"));
  EXPECT_THAT(with({0, 4097, "training", true}), HasSubstr("place"));
  EXPECT_THAT(with({0, 0, "gamma", true}), HasSubstr("no slot 'gamma'"));
  EXPECT_THAT(with({0, 0, 3, true}), HasSubstr("slot"));
  EXPECT_THAT(with({0, 0, "training"}), HasSubstr("[name, place, slot, value]"));
  EXPECT_THAT(with({0, 0, "training", 0.5}), HasSubstr("bare number"));
  EXPECT_THAT(with({0, 0, "training", 1}), HasSubstr("training is shown as number"));
  EXPECT_THAT(with({0, 0, "eps", {{"double", "much"}}}), HasSubstr("nan"));
  EXPECT_THAT(with({0, 0, "identity", std::numeric_limits<std::uint64_t>::max()}),
              HasSubstr("bare number"));
}

TEST(TraceJson, RefusesStepsThatAreNone) {
  const json good = step_with("training", true);
  EXPECT_EQ(problem(good), "");
  const auto with = [&](const char* key, json value) {
    json step = good;
    step[key] = std::move(value);
    return problem(step);
  };
  EXPECT_THAT(with("step", 1), HasSubstr("expected step 0"));
  EXPECT_THAT(with("step", "0"), HasSubstr("expected step 0"));
  EXPECT_THAT(with("outcome", "fine"), HasSubstr("no outcome 'fine'"));
  EXPECT_THAT(with("outcome", "error"), HasSubstr("class and a text"));
  EXPECT_THAT(with("observed", json::object()), HasSubstr("observed"));
  EXPECT_THAT(with("reason", 3), HasSubstr("reason"));
  EXPECT_THAT(with("observed", {{0, 0, "training", true}, {0, 0, "training", false}}),
              HasSubstr("training of name 0, place 0 is observed twice"));
  EXPECT_THAT(problem(json::array()), HasSubstr("array"));
  EXPECT_THAT(problem(nullptr), HasSubstr("null"));
}

TEST(TraceJson, ABadStepLeavesTheTraceAsItWas) {
  Trace trace;
  ASSERT_EQ(append_json(step_with("training", true), 3, trace), std::nullopt);
  json bad = step_with("training", true);
  bad["step"] = 1;
  bad["observed"].push_back({0, 0, "gamma", true});
  EXPECT_TRUE(append_json(bad, 3, trace).has_value());
  EXPECT_EQ(trace.steps.size(), 1U);
  EXPECT_EQ(trace.observations.size(), 1U);
}

TEST(PrintKey, IsForReaders) {
  const Scenario s = scenario();
  const Scope scope = resolve(s);
  EXPECT_EQ(print(s, scope, {0, 0, Slot::training}), "net.training");
  EXPECT_EQ(print(s, scope, {0, 1, Slot::running_var}), "net.bn.running_var");
  EXPECT_EQ(print(s, scope, {0, 1, Slot::weight_grad}), "net.bn.weight.grad");
  EXPECT_EQ(print(s, scope, {1, 0, Slot::grad}), "x.grad");
  EXPECT_EQ(print(s, scope, {2, 0, Slot::value}), "y");
  EXPECT_EQ(print(s, scope, {2, 3, Slot::leaf_output}), "y[leaf 3]");
  EXPECT_EQ(print(s, scope, {2, 1, Slot::onnx_momentum}), "y[batch norm 1].momentum");
}

TEST(ParseJson, MakesEveryTextPrintable) {
  const auto parsed = parse_json("{\"a\":[{\"b\":\"\\u001b[2J\\n\"}],\"c\":\"\\u009b\",\"d\":7}");
  EXPECT_EQ(parsed.at("a").at(0).at("b"), "\\x1b[2J\n");
  EXPECT_EQ(parsed.at("c"), "\\x9b");
  EXPECT_EQ(parsed.at("d"), 7);
  EXPECT_TRUE(parse_json("{\"a\":{\"\\u001b[2J\":1}}").at("a").contains("\\x1b[2J"))
      << "of keys, too";
  EXPECT_THROW((void)parse_json("{"), nlohmann::json::exception);
  EXPECT_THROW((void)parse_json(std::string(1'000'000, '[')), nlohmann::json::exception);
}

TEST(IsNestedDeeply, CountsBracketsOutsideOfTexts) {
  EXPECT_FALSE(is_nested_deeply(R"({"a":[[["[[[[[[[[\"{{{{"]]]})"));
  EXPECT_FALSE(is_nested_deeply(std::string(64, '[') + std::string(64, ']')));
  EXPECT_FALSE(is_nested_deeply("\"" + std::string(1000, '[') + "\""));
  EXPECT_TRUE(is_nested_deeply(std::string(1000, '[')));
  std::string wide;
  for (int i = 0; i < 1000; ++i) wide += "[{}]";
  EXPECT_FALSE(is_nested_deeply(wide));
}

}  // namespace
}  // namespace normdiff
