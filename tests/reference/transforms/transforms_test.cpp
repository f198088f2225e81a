#include "reference/transforms/transforms.hpp"

#include <gmock/gmock.h>

#include "tests/reference/modules/trees.hpp"

namespace normdiff::reference {
namespace {

using testing::elements;
using ::testing::ElementsAre;
using testing::Input;
using testing::leaf;
using testing::make;
using testing::norm;
using testing::options;
using testing::sequential;

using Numbers = std::vector<double>;

const Input<float> sample{{1, 2, 3, 6}, {2, 1, 1, 2}};

void run(Module& module) {
  ForwardPass pass;
  pass.run(module, sample.activation(), options(), {}, nullptr);
  EXPECT_TRUE(pass.refusals().empty());
}
Module& child(const ModulePtr& module, std::size_t i = 0) {
  return *module->children[i].second;
}
double counter(Module& module) {
  return module.find(TensorSlot::num_batches_tracked)->at(0);
}

TEST(Script, SharesTensorsButNotFlags) {
  const ModulePtr net = make(sequential({{"bn", norm()}}));
  child(net).training = false;
  const ModulePtr scripted = script(*net);
  EXPECT_TRUE(scripted->training);
  EXPECT_FALSE(child(scripted).training);
  train(*scripted, true);
  EXPECT_FALSE(child(net).training);
  run(*scripted);
  EXPECT_EQ(counter(child(net)), 1);
  for (const TensorSlot slot : all_of<TensorSlot>)
    EXPECT_EQ(child(net).tensors[slot]->storage(), child(scripted).tensors[slot]->storage());
}

TEST(Script, HasOptionsOfItsOwn) {
  const ModulePtr bn = make(norm());
  const ModulePtr scripted = script(*bn);
  bn->norm().momentum = 0.5;
  EXPECT_EQ(scripted->norm().momentum, 0.1);
}

TEST(Script, KeepsASharedChildShared) {
  const auto bn = norm();
  const ModulePtr scripted = script(*make(sequential({{"a", bn}, {"b", bn}})));
  EXPECT_EQ(scripted->children[0].second, scripted->children[1].second);
}

TEST(Trace, BakesTheModeOfEveryBatchNorm) {
  const ModulePtr net = make(sequential({{"a", norm()}, {"b", norm()}}));
  child(net, 1).training = false;
  const ModulePtr traced = trace(*net);
  EXPECT_FALSE(child(net).traced_training) << "the original is as it was";
  train(*traced, false);
  run(*traced);
  EXPECT_EQ(counter(child(net, 0)), 1);
  EXPECT_EQ(counter(child(net, 1)), 0);
}

TEST(Trace, BakesTheFactorOfACumulativeAverage) {
  BatchNormOptions o;
  o.momentum.reset();
  const ModulePtr bn = make(norm(o));
  run(*bn);
  run(*bn);
  const ModulePtr traced = trace(*bn);
  EXPECT_THAT(traced->traced_calls, ElementsAre(TracedCall{0.5, 0}));
  EXPECT_THAT(trace(*make(norm()))->traced_calls, ElementsAre(TracedCall{}));
}

TEST(Trace, BakesAFactorForEachCallOfASharedModule) {
  BatchNormOptions o;
  o.momentum.reset();
  const auto bn = norm(o);
  const ModulePtr net = make(sequential({{"a", bn}, {"relu", leaf(ReLU{})}, {"b", bn}}));
  run(*net);
  run(*net);
  EXPECT_THAT(trace(*net)->traced_calls,
              ElementsAre(TracedCall{1.0 / 3, 0}, TracedCall{}, TracedCall{0.25, 0}));
}

TEST(Trace, BakesTheRankOfEachCall) {
  const ModulePtr net = make(sequential({{"relu", leaf(ReLU{})}, {"flat", leaf(Flatten{})}}));
  const ModulePtr traced = trace(*net, {4, 3});
  EXPECT_THAT(traced->traced_calls,
              ElementsAre(TracedCall{std::nullopt, 4}, TracedCall{std::nullopt, 3}));
  EXPECT_EQ(trace(*traced, {2, 2})->traced_calls, traced->traced_calls) << "as it was traced first";
}

TEST(Trace, OfATracedModuleKeepsWhatWasBaked) {
  const ModulePtr bn = make(norm());
  const ModulePtr traced = trace(*bn);
  traced->training = false;
  EXPECT_EQ(trace(*traced)->traced_training, true);
}

TEST(SaveLoad, KeepsFlagsValuesAndBakedModesAndSharesNothing) {
  const ModulePtr net = make(sequential({{"bn", norm()}}));
  const ModulePtr traced = trace(*net);
  train(*traced, false);
  const ModulePtr loaded = save_load(*traced);
  EXPECT_FALSE(child(loaded).training);
  EXPECT_EQ(child(loaded).traced_training, true);
  run(*loaded);
  EXPECT_EQ(counter(child(loaded)), 1);
  EXPECT_EQ(counter(child(net)), 0);
  EXPECT_NE(child(loaded).find(TensorSlot::weight)->storage(),
            child(net).find(TensorSlot::weight)->storage());
}

/// conv, bn, relu, bn with its flags as given.
ModulePtr model(bool first, bool second) {
  BatchNormOptions slow;
  slow.eps = 0.25;
  slow.momentum.reset();
  ModulePtr net = make(sequential({{"conv", leaf(Conv<2>{{1, 1, 1, 1, 0, true}})},
                                   {"a", norm()},
                                   {"act", leaf(ReLU{})},
                                   {"b", norm(slow)}}));
  child(net, 1).training = first;
  child(net, 3).training = second;
  return net;
}

/// For each batch norm, the kind of the layer that it may be folded into; "" for none.
std::vector<std::string_view> folds_into(const Module& net, ExportMode mode) {
  std::vector<std::string_view> list;
  const Exported exported = onnx_export(net, mode);
  for (const ExportedBatchNorm& bn : exported.batch_norms)
    list.push_back(bn.folds_into ? to_string(bn.folds_into->kind()) : "");
  return list;
}

TEST(OnnxExport, WritesTheModeAskedFor) {
  const ModulePtr net = model(true, false);
  const auto modes = [&net](ExportMode mode) {
    std::vector<bool> list;
    for (const ExportedBatchNorm& bn : onnx_export(*net, mode).batch_norms)
      list.push_back(bn.training);
    return list;
  };
  EXPECT_EQ(modes(ExportMode::eval), (std::vector<bool>{false, false}));
  EXPECT_EQ(modes(ExportMode::preserve), (std::vector<bool>{true, false}));
  EXPECT_EQ(modes(ExportMode::training), (std::vector<bool>{true, true}));
}

TEST(OnnxExport, WritesEpsAndMomentumOfEachInTheOrderOfTheirCalls) {
  const Exported exported = onnx_export(*model(true, true), ExportMode::eval);
  ASSERT_EQ(exported.batch_norms.size(), 2u);
  EXPECT_EQ(exported.batch_norms[0].eps, 1e-5);
  EXPECT_EQ(exported.batch_norms[0].momentum, 0.1);
  EXPECT_EQ(exported.batch_norms[1].eps, 0.25);
  EXPECT_EQ(exported.batch_norms[1].momentum, std::nullopt);
}

TEST(OnnxExport, OnlyABatchNormInEvalRightBehindAWeightMayBeFolded) {
  EXPECT_THAT(folds_into(*model(true, true), ExportMode::eval), ElementsAre("Conv2d", ""));
  EXPECT_THAT(folds_into(*model(true, false), ExportMode::preserve), ElementsAre("", ""));
  const ModulePtr nested = make(sequential(
      {{"head", sequential({{"conv", leaf(Conv<2>{})}})}, {"tail", sequential({{"bn", norm()}})}}));
  EXPECT_THAT(folds_into(*nested, ExportMode::eval), ElementsAre("Conv2d"))
      << "however they are nested";
  const ModulePtr two = make(sequential({{"fc", leaf(Linear{})}, {"a", norm()}, {"b", norm()}}));
  EXPECT_THAT(folds_into(*two, ExportMode::eval), ElementsAre("Linear", "Linear"))
      << "the second behind the first";
}

TEST(OnnxExport, LooksPastLayersThatDoNothing) {
  const auto behind = [](const Layer& layer) {
    const ModulePtr net =
        make(sequential({{"conv", leaf(Conv<2>{})}, {"between", leaf(layer)}, {"bn", norm()}}));
    child(net, 2).training = false;
    return net;
  };
  EXPECT_THAT(folds_into(*behind(Identity{}), ExportMode::preserve), ElementsAre("Conv2d"));
  EXPECT_THAT(folds_into(*behind(Dropout{1}), ExportMode::eval), ElementsAre("Conv2d"));
  EXPECT_THAT(folds_into(*behind(Dropout{0}), ExportMode::preserve), ElementsAre("Conv2d"));
  EXPECT_THAT(folds_into(*behind(Dropout{1}), ExportMode::preserve), ElementsAre(""));
}

TEST(OnnxExport, NeedsAnOpsetThatSaysWhichNodesTrain) {
  const auto opset = [](const Layer& layer, ExportMode mode) {
    return onnx_export(*make(leaf(layer)), mode).mode_opset;
  };
  EXPECT_EQ(opset(BatchNorm<1>{}, ExportMode::training), 14);
  EXPECT_EQ(opset(BatchNorm<1>{}, ExportMode::eval), 0);
  EXPECT_EQ(opset(BatchNorm<1>{{1, 1e-5, 0.1, true, false}}, ExportMode::eval), 14);
  EXPECT_EQ(opset(Dropout{1}, ExportMode::training), 12);
  EXPECT_EQ(opset(Dropout{0}, ExportMode::training), 0);
  EXPECT_EQ(opset(ReLU{}, ExportMode::training), 0);
}

TEST(OnnxExport, ABatchNormWithoutStatisticsIsInTrainingInEveryMode) {
  BatchNormOptions o;
  o.track_running_stats = false;
  const Exported exported = onnx_export(*make(sequential({{"bn", norm(o)}})), ExportMode::eval);
  EXPECT_TRUE(exported.batch_norms[0].training);
}

TEST(OnnxExport, ASharedBatchNormIsANodeForEachCall) {
  const auto bn = norm();
  const Exported exported =
      onnx_export(*make(sequential({{"a", bn}, {"b", bn}})), ExportMode::eval);
  ASSERT_EQ(exported.batch_norms.size(), 2u);
  EXPECT_EQ(exported.batch_norms[0].module, exported.batch_norms[1].module);
}

TEST(OnnxExport, LeavesTheModelAsItWasAndKeepsACopyOfItsValues) {
  const ModulePtr net = model(true, false);
  const Exported exported = onnx_export(*net, ExportMode::training);
  EXPECT_TRUE(child(net, 1).training);
  EXPECT_FALSE(child(net, 3).training);
  EXPECT_FALSE(child(exported.model, 3).training) << "the mode that it was in";
  EXPECT_TRUE(child(exported.model, 3).runs_in_training()) << "the mode that was asked for";
  EXPECT_EQ(counter(child(net, 1)), 0);
  child(net, 1).tensor(TensorSlot::running_mean)->set(0, 9);
  EXPECT_EQ(elements(child(exported.model, 1).tensor(TensorSlot::running_mean)), Numbers{0});
}

TEST(OnnxExport, ATracedModuleIsExportedAsItWasTraced) {
  const ModulePtr bn = make(norm());
  EXPECT_TRUE(onnx_export(*trace(*bn), ExportMode::eval).batch_norms[0].training);
}

TEST(OnnxExport, AnInstanceNormThatTracksMayBeABatchNormOrSomethingElse) {
  InstanceNorm<2> tracks;
  tracks.track_running_stats = true;
  const ModulePtr net = make(sequential({{"conv", leaf(Conv<2>{})},
                                         {"a", leaf(tracks)},
                                         {"b", leaf(tracks)},
                                         {"c", leaf(InstanceNorm<2>{})}}));
  child(net, 2).norm().track_running_stats = false;
  const Exported exported = onnx_export(*net, ExportMode::eval);
  ASSERT_EQ(exported.batch_norms.size(), 2u) << "without statistics it has an operator of its own";
  EXPECT_FALSE(exported.batch_norms[0].training);
  EXPECT_TRUE(exported.batch_norms[1].training) << "it goes by its option";
  for (const ExportedBatchNorm& norm : exported.batch_norms) {
    EXPECT_TRUE(norm.is_instance_norm);
    EXPECT_EQ(norm.folds_into, nullptr) << "a convolution has no samples to be repeated for";
  }
}

}  // namespace
}  // namespace normdiff::reference
