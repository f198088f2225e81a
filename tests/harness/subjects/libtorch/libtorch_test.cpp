#include "harness/subjects/libtorch/libtorch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "tests/harness/scenario/samples.hpp"

namespace normdiff {
namespace {

const Subject& subject() {
  prepare_process();
  static const Subject one = make_libtorch_subject();
  return one;
}

/// A scenario that was run. Seed 0: by leaf.
struct Ran {
  Scenario scenario;
  Scope scope;
  std::unique_ptr<Trace> trace = std::make_unique<Trace>();

  [[nodiscard]] const StepRecord& step(std::size_t i) const { return trace->steps.at(i); }
  [[nodiscard]] NameId name(std::string_view text) const {
    const auto found = std::find(scenario.names.begin(), scenario.names.end(), text);
    return static_cast<NameId>(found - scenario.names.begin());
  }
  /// What a step newly showed; null: nothing new.
  [[nodiscard]] const Value* shown(std::size_t at, std::string_view of, int place,
                                   Slot slot) const {
    const Key key{name(of), static_cast<std::uint16_t>(place), slot};
    for (std::uint32_t i = step(at).first; i < step(at).last; ++i)
      if (trace->observations[i].key == key) return &trace->observations[i].value;
    return nullptr;
  }
  [[nodiscard]] const ObservedTensor& tensor(std::size_t at, std::string_view of, int place,
                                             Slot slot) const {
    const Value* value = shown(at, of, place, slot);
    static const ObservedTensor nothing;
    EXPECT_NE(value, nullptr) << of << " " << place << " " << to_string(slot) << " at " << at;
    if (value == nullptr) return nothing;
    EXPECT_TRUE(std::holds_alternative<ObservedTensor>(*value));
    return std::get<ObservedTensor>(*value);
  }
  [[nodiscard]] bool flag(std::size_t at, std::string_view of, int place, Slot slot) const {
    return std::get<bool>(*shown(at, of, place, slot));
  }
};

Ran ran(std::string_view text, std::uint64_t seed = 0) {
  Ran result;
  result.scenario = testing::scenario(std::string(text));
  result.scenario.seed = seed;
  result.scope = resolve(result.scenario);
  subject().run(result.scenario, result.scope, *result.trace);
  EXPECT_EQ(result.trace->steps.size(), result.scenario.statements.size());
  return result;
}

TEST(LibTorchSubject, SaysWhatItIs) {
  const Manifest& manifest = subject().manifest;
  EXPECT_EQ(manifest.family, "libtorch");
  EXPECT_EQ(manifest.version, NORMDIFF_LIBTORCH_VERSION);
  EXPECT_NE(manifest.path.find("libtorch_cpu.so"), std::string::npos);
  EXPECT_FALSE(manifest.cpu_capability.empty());
}

TEST(LibTorchSubject, ShowsEverythingOfAFreshModuleOnce) {
  const Ran r = ran("bn = BatchNorm2d(2)\nx = tensor(1, constant(1))\n");
  EXPECT_EQ(std::get<std::int64_t>(*r.shown(0, "bn", 0, Slot::identity)), 0);
  EXPECT_TRUE(r.flag(0, "bn", 0, Slot::training));
  EXPECT_EQ(std::get<double>(*r.shown(0, "bn", 0, Slot::momentum)), 0.1);
  EXPECT_EQ(std::get<double>(*r.shown(0, "bn", 0, Slot::eps)), 1e-5);
  EXPECT_TRUE(r.flag(0, "bn", 0, Slot::track_running_stats));
  EXPECT_EQ(r.tensor(0, "bn", 0, Slot::weight).values().at(0), 1);
  EXPECT_TRUE(r.tensor(0, "bn", 0, Slot::weight).requires_grad);
  EXPECT_EQ(r.tensor(0, "bn", 0, Slot::running_var).values().at(1), 1);
  EXPECT_EQ(r.tensor(0, "bn", 0, Slot::num_batches_tracked).dtype, DType::int64);
  EXPECT_TRUE(std::holds_alternative<None>(*r.shown(0, "bn", 0, Slot::weight_grad)));
  for (std::uint32_t i = r.step(1).first; i < r.step(1).last; ++i)
    EXPECT_EQ(r.trace->observations[i].key.name, r.name("x")) << "something unchanged was repeated";
}

TEST(LibTorchSubject, WhatIsAbsentIsNone) {
  const Ran r =
      ran("bn = BatchNorm1d(2, affine=False, track_running_stats=False)\n"
          "fc = Linear(2, 1, bias=False)\n");
  for (const Slot slot : {Slot::weight, Slot::bias, Slot::running_mean, Slot::running_var,
                          Slot::num_batches_tracked, Slot::weight_grad, Slot::bias_grad})
    EXPECT_TRUE(std::holds_alternative<None>(*r.shown(0, "bn", 0, slot))) << to_string(slot);
  EXPECT_TRUE(std::holds_alternative<None>(*r.shown(1, "fc", 0, Slot::bias)));
  EXPECT_EQ(r.shown(1, "fc", 0, Slot::running_mean), nullptr);
}

TEST(LibTorchSubject, EvalMovesTheFlagsBelowAndNothingElse) {
  const Ran r =
      ran("net = Sequential(conv=Conv2d(1, 2, kernel_size=1), bn=BatchNorm2d(2))\nnet.eval()\n");
  for (int place = 0; place < 3; ++place) EXPECT_FALSE(r.flag(1, "net", place, Slot::training));
  EXPECT_EQ(r.step(1).last - r.step(1).first, 3u);
}

TEST(LibTorchSubject, TrainingForwardMovesStatistics) {
  const Ran r =
      ran("bn = BatchNorm1d(1, momentum=0.5)\n"
          "x = tensor(2, 1, [1, 3])\n"
          "y = bn(x)\n");
  EXPECT_EQ(r.tensor(2, "bn", 0, Slot::running_mean).values().at(0), 1);
  EXPECT_EQ(r.tensor(2, "bn", 0, Slot::running_var).values().at(0), 1.5);
  const ObservedTensor& counter = r.tensor(2, "bn", 0, Slot::num_batches_tracked);
  EXPECT_EQ(*reinterpret_cast<const std::int64_t*>(counter.data), 1);
  EXPECT_EQ(r.shown(2, "bn", 0, Slot::weight), nullptr);
  EXPECT_NEAR(r.tensor(2, "y", 0, Slot::value).values().at(1), 1, 1e-4);
}

TEST(LibTorchSubject, RefusalHasClassAndTextAndShowsWhatMoved) {
  const Ran r =
      ran("bn = BatchNorm1d(2)\n"
          "x = tensor(1, 2, normal(0, 1))\n"
          "y = bn(x)\n"
          "backward(y, constant(1))\n");
  EXPECT_EQ(r.step(2).outcome, Outcome::error);
  EXPECT_EQ(r.step(2).error_class.substr(0, 5), "c10::") << r.step(2).error_class;
  EXPECT_NE(r.step(2).text.find("Expected more than 1 value per channel"), std::string::npos)
      << r.step(2).text;
  EXPECT_NE(r.shown(2, "bn", 0, Slot::num_batches_tracked), nullptr);
  EXPECT_EQ(r.step(3).outcome, Outcome::unsupported);
  EXPECT_EQ(r.step(3).text, "needs y, which was not made");
}

constexpr std::string_view two_leaves =
    "net = Sequential(fc=Linear(2, 3), bn=BatchNorm1d(3), relu=ReLU())\n"
    "x = tensor(4, 2, normal(0, 1), seed=2, requires_grad=True)\n"
    "y = net(x)\n"
    "backward(y, normal(0, 1), seed=3, retain_graph=True)\n";

TEST(LibTorchSubject, EvenSeedsShowTheLeaves) {
  const Ran r = ran(two_leaves);
  EXPECT_EQ(r.tensor(2, "y", 0, Slot::leaf_output).shape, (Shape{4, 3}));
  EXPECT_EQ(r.tensor(2, "y", 1, Slot::leaf_output).shape, (Shape{4, 3}));
  EXPECT_EQ(r.shown(2, "y", 2, Slot::leaf_output), nullptr) << "the last is the value";
  const reference::Values bn = r.tensor(2, "y", 1, Slot::leaf_output).values();
  const reference::Values y = r.tensor(2, "y", 0, Slot::value).values();
  for (std::int64_t i = 0; i < 12; ++i) EXPECT_EQ(y.at(i), std::max(bn.at(i), 0.0));
  EXPECT_EQ(r.tensor(3, "y", 1, Slot::leaf_output_grad).shape, (Shape{4, 3}));
  EXPECT_NE(r.shown(3, "y", 0, Slot::leaf_output_grad), nullptr);
  EXPECT_NE(r.shown(3, "x", 0, Slot::grad), nullptr);
  EXPECT_NE(r.shown(3, "net", 2, Slot::weight_grad), nullptr);
}

TEST(LibTorchSubject, OddSeedsCallTheModuleAsAWholeWithTheSameResult) {
  const Ran leaves = ran(two_leaves, 0);
  const Ran whole = ran(two_leaves, 1);
  EXPECT_EQ(whole.shown(2, "y", 0, Slot::leaf_output), nullptr);
  EXPECT_EQ(whole.shown(3, "y", 0, Slot::leaf_output_grad), nullptr);
  EXPECT_EQ(whole.tensor(2, "y", 0, Slot::value).shape,
            leaves.tensor(2, "y", 0, Slot::value).shape);
}

TEST(LibTorchSubject, ARefusedForwardShowsTheLeavesBeforeIt) {
  const Ran r =
      ran("net = Sequential(fc=Linear(2, 3), bn=BatchNorm2d(3))\n"
          "x = tensor(4, 2, normal(0, 1))\n"
          "y = net(x)\n"
          "empty = Sequential()\n"
          "z = empty(x)\n");
  EXPECT_EQ(r.step(2).outcome, Outcome::error);
  EXPECT_NE(r.shown(2, "y", 0, Slot::leaf_output), nullptr);
  EXPECT_EQ(r.shown(2, "y", 0, Slot::value), nullptr);
  EXPECT_EQ(r.step(4).outcome, Outcome::error);
}

TEST(LibTorchSubject, ACloneHasMemoryOfItsOwnAndASharedChildIsOneModule) {
  const Ran r =
      ran("bn = BatchNorm1d(2)\n"
          "net = Sequential(a=Sequential(bn), b=bn)\n"
          "c = copy.deepcopy(net)\n");
  const auto first = static_cast<std::int64_t>(Key{r.name("bn"), 0, Slot::identity}.packed());
  EXPECT_EQ(std::get<std::int64_t>(*r.shown(1, "net", 2, Slot::identity)), first);
  EXPECT_EQ(std::get<std::int64_t>(*r.shown(1, "net", 3, Slot::identity)), first);
  EXPECT_EQ(r.tensor(1, "net", 3, Slot::weight).storage,
            r.tensor(0, "bn", 0, Slot::weight).storage);
  EXPECT_EQ(r.step(2).outcome, Outcome::ok) << r.step(2).text;
  EXPECT_NE(std::get<std::int64_t>(*r.shown(2, "c", 2, Slot::identity)), first);
  EXPECT_NE(r.tensor(2, "c", 2, Slot::weight).storage, r.tensor(0, "bn", 0, Slot::weight).storage);
}

TEST(LibTorchSubject, LayoutsHaveTheStridesTheyClaim) {
  const Ran r =
      ran("a = tensor(2, 3, 4, 5, arange(0, 1))\n"
          "b = tensor(2, 3, 4, 5, arange(0, 1), memory_format=channels_last)\n"
          "c = tensor(2, 3, 4, 5, arange(0, 1), memory_format=strided)\n"
          "d = tensor(3, arange(0, 1), dtype=float64, memory_format=strided)\n"
          "e = tensor(2, 0, arange(0, 1), memory_format=strided)\n");
  EXPECT_EQ(r.tensor(0, "a", 0, Slot::value).strides, (Shape{60, 20, 5, 1}));
  EXPECT_EQ(r.tensor(1, "b", 0, Slot::value).strides, (Shape{60, 1, 15, 3}));
  EXPECT_EQ(r.tensor(2, "c", 0, Slot::value).strides, (Shape{120, 40, 10, 2}));
  EXPECT_EQ(r.tensor(3, "d", 0, Slot::value).strides, (Shape{2}));
  for (std::int64_t i = 0; i < 120; ++i) {
    EXPECT_EQ(r.tensor(1, "b", 0, Slot::value).values().at(i), static_cast<double>(i));
    EXPECT_EQ(r.tensor(2, "c", 0, Slot::value).values().at(i), static_cast<double>(i));
  }
  EXPECT_EQ(r.tensor(3, "d", 0, Slot::value).values().at(2), 2);
  EXPECT_EQ(r.tensor(4, "e", 0, Slot::value).shape.numel(), 0);
}

TEST(LibTorchSubject, OptionsAndTensorsAreSet) {
  const Ran r =
      ran("bn = BatchNorm1d(2)\n"
          "bn.momentum = None\n"
          "bn.eps = 0.5\n"
          "bn.track_running_stats = False\n"
          "fill(bn.weight, [3, 4])\n"
          "fill(bn.num_batches_tracked, [7])\n"
          "bn.to(float64)\n"
          "bn.training = False\n");
  EXPECT_TRUE(std::holds_alternative<None>(*r.shown(1, "bn", 0, Slot::momentum)));
  EXPECT_EQ(std::get<double>(*r.shown(2, "bn", 0, Slot::eps)), 0.5);
  EXPECT_FALSE(r.flag(3, "bn", 0, Slot::track_running_stats));
  EXPECT_EQ(r.tensor(4, "bn", 0, Slot::weight).values().at(1), 4);
  EXPECT_EQ(
      *reinterpret_cast<const std::int64_t*>(r.tensor(5, "bn", 0, Slot::num_batches_tracked).data),
      7);
  EXPECT_EQ(r.tensor(6, "bn", 0, Slot::weight).dtype, DType::float64);
  EXPECT_FALSE(r.flag(7, "bn", 0, Slot::training));
}

TEST(LibTorchSubject, StateDictIsCopiedAndGradientsAreDropped) {
  const Ran r =
      ran("a = Linear(2, 1)\n"
          "b = copy.deepcopy(a)\n"
          "fill(a.weight, [5, 6])\n"
          "b.load_state_dict(a.state_dict())\n"
          "x = tensor(3, 2, normal(0, 1))\n"
          "y = b(x)\n"
          "backward(y, constant(1))\n"
          "b.zero_grad()\n");
  EXPECT_EQ(r.step(3).outcome, Outcome::ok) << r.step(3).text;
  EXPECT_EQ(r.tensor(3, "b", 0, Slot::weight).values().at(1), 6);
  EXPECT_EQ(r.tensor(6, "b", 0, Slot::bias_grad).values().at(0), 3);
  EXPECT_TRUE(std::holds_alternative<None>(*r.shown(7, "b", 0, Slot::bias_grad)));
}

TEST(LibTorchSubject, AForwardGoesOnFromAnEarlierResult) {
  const Ran r =
      ran("a = Linear(1, 1, bias=False)\n"
          "fill(a.weight, [3])\n"
          "x = tensor(2, 1, [1, 2], requires_grad=True)\n"
          "y = a(x)\n"
          "z = a(y)\n"
          "backward(z, constant(1))\n"
          "backward(y, constant(1))\n");
  EXPECT_EQ(r.tensor(4, "z", 0, Slot::value).values().at(1), 18);
  EXPECT_EQ(r.tensor(5, "a", 0, Slot::weight_grad).values().at(0), 18) << "2 w x of both";
  EXPECT_EQ(r.tensor(5, "x", 0, Slot::grad).values().at(0), 9);
  EXPECT_EQ(r.step(6).outcome, Outcome::error) << "the first backward freed both graphs";
}

TEST(LibTorchSubject, ParametersBelowAPathRequireGradientsOrDoNot) {
  const Ran r =
      ran("net = Sequential(fc=Linear(3, 2), bn=BatchNorm1d(2))\n"
          "net.requires_grad_(False)\n"
          "net.bn.requires_grad_(True)\n");
  EXPECT_FALSE(r.tensor(1, "net", 1, Slot::weight).requires_grad);
  EXPECT_FALSE(r.tensor(1, "net", 2, Slot::bias).requires_grad);
  EXPECT_EQ(r.shown(2, "net", 1, Slot::weight), nullptr);
  EXPECT_TRUE(r.tensor(2, "net", 2, Slot::bias).requires_grad);
}

TEST(LibTorchSubject, AReplacementIsSeenByParametersAndByForward) {
  const Ran r =
      ran("net = Sequential(relu=ReLU(), fc=Linear(1, 1, bias=False))\n"
          "other = Linear(1, 1, bias=False)\n"
          "fill(other.weight, [3])\n"
          "x = tensor(1, 1, [2])\n"
          "replace(net.fc, other)\n"
          "y = net(x)\n"
          "net.fc.to(float64)\n"
          "bn = BatchNorm1d(1)\n"
          "replace(net.relu, bn)\n"
          "c = copy.deepcopy(net)\n"
          "id = Identity()\n"
          "replace(net.fc, id)\n",
          1);  // in one call, as a user's program does it
  const auto identity = [&](std::string_view name) {
    return static_cast<std::int64_t>(
        Key{r.name(name), name == "net" ? std::uint16_t{2} : std::uint16_t{0}, Slot::identity}
            .packed());
  };
  EXPECT_EQ(std::get<std::int64_t>(*r.shown(4, "other", 0, Slot::identity)), identity("net"));
  EXPECT_EQ(r.tensor(4, "net", 2, Slot::weight).values().at(0), 3);
  EXPECT_EQ(r.tensor(5, "y", 0, Slot::value).values().at(0), 6);
  EXPECT_EQ(r.tensor(6, "other", 0, Slot::weight).dtype, DType::float64);
  EXPECT_EQ(r.tensor(9, "c", 1, Slot::running_var).values().at(0), 1) << "a clone has it, too";
  EXPECT_TRUE(std::holds_alternative<None>(*r.shown(11, "net", 2, Slot::weight)));
  EXPECT_EQ(std::get<std::int64_t>(*r.shown(11, "other", 0, Slot::identity)), identity("other"));
}

TEST(LibTorchSubject, WhatTheFrontEndCannotIsUnsupported) {
  const Ran r =
      ran("net = Sequential(ReLU())\n"
          "net.training = False\n"
          "s = torch.jit.script(net)\n"
          "s2 = torch.jit.save_load(s)\n");
  for (std::size_t i = 1; i < 4; ++i) {
    EXPECT_EQ(r.step(i).outcome, Outcome::unsupported);
    EXPECT_FALSE(r.step(i).text.empty());
  }
}

TEST(LibTorchSubject, TwiceTheSameTrace) {
  const Ran a = ran(two_leaves);
  const Ran b = ran(two_leaves);
  ASSERT_EQ(a.trace->observations.size(), b.trace->observations.size());
  for (std::size_t i = 0; i < a.trace->observations.size(); ++i) {
    EXPECT_EQ(a.trace->observations[i].key, b.trace->observations[i].key);
    EXPECT_TRUE(same(a.trace->observations[i].value, b.trace->observations[i].value));
  }
}

}  // namespace
}  // namespace normdiff
