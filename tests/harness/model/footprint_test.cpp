#include "harness/model/footprint.hpp"

#include <gmock/gmock.h>

#include "harness/scenario/text/text.hpp"
#include "tests/harness/check/checked.hpp"
#include "tests/reference/modules/trees.hpp"

namespace normdiff {
namespace {

using testing::check;
using testing::Checked;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::ToldSubject;

/// Two models, a script of the second, and one step of each sort on it.
constexpr const char* statements =
    "other = BatchNorm2d(2)\n"                                                           // 0
    "net = Sequential(bn=BatchNorm2d(2), fc=Linear(2, 3))\n"                             // 1
    "s = torch.jit.script(net)\n"                                                        // 2
    "x = tensor(4, 2, 1, 1, normal(0, 1), requires_grad=True)\n"                         // 3
    "y = s(x)\n"                                                                         // 4
    "backward(y, constant(1))\n"                                                         // 5
    "m = torch.onnx.export(net, x, training=TRAINING, dynamo=False, opset_version=9)\n"  // 6
    "w = m(x)\n"                                                                         // 7
    "net.bn.train()\n"                                                                   // 8
    "other.load_state_dict(net.bn.state_dict())\n";                                      // 9

struct Models {
  Scenario scenario = ToldSubject(statements).scenario;
  Scope scope = resolve(scenario);
  World world;

  Models() {
    world.reset(scenario.names.size());
    for (const NameId name : {NameId{0}, NameId{1}})
      tree(name, reference::testing::make(scope[name].spec));
    tree(2, reference::script(*world.names[1].root));
    Live& x = world.define(3, NameKind::tensor);
    x.values.shape = {4, 2, 1, 1};
  }
  void tree(NameId name, reference::ModulePtr root) {
    Live& live = world.define(name, NameKind::module);
    live.root = std::move(root);
    live.places = reference::places(*live.root);
  }
  /// The shape of what is there, or of the parameter that it would be the gradient of.
  Shape shape(Key key) {
    if (key.slot == Slot::grad) return {4, 2, 1, 1};
    reference::Module& module = *world.names[key.name].places[key.place];
    const Slot slot = key.slot == Slot::weight_grad ? Slot::weight
                      : key.slot == Slot::bias_grad ? Slot::bias
                                                    : key.slot;
    const auto& tensor = *tensor_of(module, slot);
    return tensor ? tensor->shape() : Shape{};
  }
  /// Every tensor of the world that the step may have moved.
  std::vector<std::string> footprinted(int step, const Shape* becomes = nullptr) {
    const Footprint footprint(world, scenario, scope,
                              scenario.statements[static_cast<std::size_t>(step)].step);
    std::vector<std::string> list;
    world.each_tensor([&](Key key, const std::optional<reference::Tensor>& tensor) {
      ObservedTensor seen;
      seen.shape = shape(key);
      const Value before = seen;
      if (becomes) seen.shape = *becomes;
      if (footprint.allows(key, tensor ? &before : nullptr, Value{seen}))
        list.push_back(
            scenario.names[key.name] + "." +
            (scope[key.name].places.empty() ? "" : scope[key.name].places[key.place].path) + "." +
            std::string(to_string(key.slot)));
      return false;
    });
    return list;
  }
};

TEST(Footprint, AForwardMovesTheStatisticsOfWhatItRunsWhoeverHoldsThem) {
  EXPECT_THAT(Models().footprinted(4),
              ElementsAre("net.bn.running_mean", "net.bn.running_var", "net.bn.num_batches_tracked",
                          "s.bn.running_mean", "s.bn.running_var", "s.bn.num_batches_tracked"));
}

TEST(Footprint, ABackwardMovesTheGradientsOfWhatItsForwardRan) {
  EXPECT_THAT(Models().footprinted(5),
              ElementsAre("net.bn.weight_grad", "net.bn.bias_grad", "net.fc.weight_grad",
                          "net.fc.bias_grad", "s.bn.weight_grad", "s.bn.bias_grad",
                          "s.fc.weight_grad", "s.fc.bias_grad", "x..grad"));
}

TEST(Footprint, AnExportAndItsArtefactMoveNothing) {
  EXPECT_THAT(Models().footprinted(6), IsEmpty());
  EXPECT_THAT(Models().footprinted(7), IsEmpty());
}

TEST(Footprint, AStepOnAModuleMayMoveAnythingOfIt) {
  const auto below = Models().footprinted(8);
  EXPECT_EQ(below.size(), 12u) << "seven of net.bn, and the five that the script shares";
  const auto loaded = Models().footprinted(9);
  EXPECT_EQ(loaded.size(), 7u);
  for (const std::string& name : loaded) EXPECT_EQ(name.substr(0, 5), "other");
}

TEST(Footprint, AnotherShapeIsNeverAllowed) {
  const Shape wrong = {7};
  for (int step = 4; step < 8; ++step) EXPECT_THAT(Models().footprinted(step, &wrong), IsEmpty());
}

TEST(Footprint, WhatAStepWithoutAFormulaDoesToOthersIsFound) {
  // Another model, with statistics and gradients to damage.
  const std::string other =
      "other = BatchNorm2d(2)\nz = tensor(2, 2, 1, 1, [1, 2, 3, 6])\nzz = other(z)\n"
      "backward(zz, constant(1))\n";
  const auto found = [&other](int step, Slot slot, const std::string& text) {
    const auto diverged = [&](bool damages) {
      ToldSubject subject(other + text);
      subject.instead[step] = [](ToldSubject&) {};
      if (damages) subject.lie(step, subject.key("other", "", slot));
      const Checked checked = check(subject);
      return std::count_if(checked.judged.begin(), checked.judged.end(), [](const Judged& judged) {
        return judged.key.name == 0 && judged.verdict == Verdict::diverged;
      });
    };
    return diverged(true) - diverged(false);
  };
  const std::string accepted =
      "bn = BatchNorm2d(2)\nx = tensor(2, 3, 1, 1, normal(0, 1))\ny = bn(x)\n";
  EXPECT_EQ(found(6, Slot::running_mean, accepted), 1);
  EXPECT_EQ(found(6, Slot::num_batches_tracked, accepted), 1);
  EXPECT_EQ(found(7, Slot::weight_grad, accepted + "backward(y, constant(1))\n"), 1);
  const std::string cast =
      "bn = BatchNorm2d(2)\nx = tensor(2, 2, 1, 1, normal(0, 1))\ny = bn(x)\nbn.to(float64)\n"
      "backward(y, constant(1))\n";
  EXPECT_EQ(found(8, Slot::bias_grad, cast), 1);
  const std::string odd =
      "bn = BatchNorm2d(2)\nx = tensor(2, 2, 1, 1, normal(0, 1))\n"
      "m = torch.onnx.export(bn, x, training=TRAINING, dynamo=False, opset_version=12)\nw = m(x)\n";
  EXPECT_EQ(found(7, Slot::running_var, odd), 1);
}

}  // namespace
}  // namespace normdiff
