#include "reference/layers/instance_norm.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "reference/modules/backward.hpp"
#include "tests/reference/modules/trees.hpp"

namespace normdiff::reference {
namespace {

using testing::elements;
using ::testing::ElementsAre;
using testing::Input;
using ::testing::IsEmpty;
using testing::kinds;
using testing::leaf;
using testing::make;
using testing::options;

using Numbers = std::vector<double>;

// Two samples of one channel. Means 2 and 10, biased variances 3.5 and 8, unbiased 14/3 and 32/3.
const Input<float> two_samples{{0, 1, 2, 5, 6, 10, 10, 14}, {2, 1, 4}};
// As one sample of two channels, without a batch.
const Input<float> unbatched{two_samples.elements, {2, 4}};

InstanceNorm<1> layer_of(bool affine, bool track) {
  InstanceNorm<1> layer;
  layer.eps = 0.5;  // the root of 3.5 + 0.5 is 2
  layer.momentum = 0.5;
  layer.affine = affine;
  layer.track_running_stats = track;
  return layer;
}

struct Ran {
  ForwardPass pass;
  std::vector<ErrorKind> refusals;
  Numbers output, mean, variance, counter;
  std::string branch;
  Tape tape;
};

Ran run(Module& module, const Activation& input, ForwardOptions o = options()) {
  Ran ran;
  o.input_requires_grad = true;
  ran.pass.run(
      module, input, o,
      [&ran](int, const LeafOutput& out) -> std::optional<Activation> {
        ran.branch = out.branch();
        return std::nullopt;
      },
      &ran.tape);
  ran.refusals = kinds(ran.pass.refusals());
  ran.output = elements(ran.pass.last().values);
  ran.mean = elements(module.tensor(TensorSlot::running_mean));
  ran.variance = elements(module.tensor(TensorSlot::running_var));
  ran.counter = elements(module.tensor(TensorSlot::num_batches_tracked));
  return ran;
}
Ran run(Module& module, const Input<float>& input = two_samples, ForwardOptions o = options()) {
  return run(module, input.activation(), o);
}

TEST(InstanceNorm, HasTheDocumentedDefaults) {
  const InstanceNorm<2> layer;
  EXPECT_EQ(layer.eps, 1e-5);
  EXPECT_EQ(layer.momentum, 0.1);
  EXPECT_FALSE(layer.affine);
  EXPECT_FALSE(layer.track_running_stats);
  EXPECT_EQ(InstanceNorm<3>::name, "InstanceNorm3d");
}

TEST(InstanceNorm, NormalisesEachChannelOfEachSample) {
  const Ran ran = run(*make(leaf(layer_of(false, false))));
  EXPECT_THAT(ran.refusals, IsEmpty());
  EXPECT_EQ(ran.branch, "instance statistics, untracked");
  const double root = std::sqrt(8.5);
  const Numbers expected{-1, -0.5, 0, 1.5, -4 / root, 0, 0, 4 / root};
  ASSERT_EQ(ran.output.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(ran.output[i], expected[i], 1e-6);
  EXPECT_EQ(ran.pass.last().values.shape, two_samples.shape);
}

TEST(InstanceNorm, AnInputWithoutABatchIsOneSample) {
  const Ran ran = run(*make(leaf(layer_of(false, false))), unbatched);
  EXPECT_EQ(ran.output, run(*make(leaf(layer_of(false, false)))).output);
  EXPECT_EQ(ran.pass.last().values.shape, unbatched.shape);
}

TEST(InstanceNorm, ATraceKeepsWhetherThereWasABatch) {
  const ModulePtr norm = make(leaf(layer_of(false, false)));
  norm->traced_training = true;
  norm->traced_calls = {{std::nullopt, 2}};  // without
  const Ran ran = run(*norm);
  EXPECT_THAT(ran.refusals, IsEmpty());
  // Two channels of 1 x 4 values either way; (2, 1, 4) as one sample.
  EXPECT_EQ(ran.output, run(*make(leaf(layer_of(false, false)))).output);
  EXPECT_EQ(ran.tape.calls[0].baked.rank, 2) << "its backward must know";
}

TEST(InstanceNorm, RunningStatisticsAreTheMeanOfWhatEachSampleMakesOfThem) {
  const ModulePtr norm = make(leaf(layer_of(true, true)));
  const Ran ran = run(*norm);
  EXPECT_EQ(ran.branch, "instance statistics");
  EXPECT_EQ(ran.mean, Numbers{3}) << "half of 0, half of the mean of 2 and 10";
  EXPECT_NEAR(ran.variance[0], 0.5 + 0.5 * 23 / 3, 1e-6);
  EXPECT_EQ(ran.counter, Numbers{0}) << "nothing counts";
}

TEST(InstanceNorm, WithoutAMomentumNothingMoves) {
  InstanceNorm<1> layer = layer_of(false, true);
  layer.momentum.reset();
  const Ran ran = run(*make(leaf(layer)));
  EXPECT_EQ(ran.mean, Numbers{0});
  EXPECT_EQ(ran.variance, Numbers{1});
}

TEST(InstanceNorm, InEvalTheStoredStatisticsDecideAndNothingMoves) {
  const ModulePtr norm = make(leaf(layer_of(false, true)));
  norm->training = false;
  norm->tensor(TensorSlot::running_mean)->set(0, 2);
  norm->tensor(TensorSlot::running_var)->set(0, 3.5);
  const Ran ran = run(*norm);
  EXPECT_EQ(ran.branch, "running statistics");
  EXPECT_EQ(ran.output, (Numbers{-1, -0.5, 0, 1.5, 2, 4, 4, 6}));
  EXPECT_EQ(ran.mean, Numbers{2});
}

TEST(InstanceNorm, DecidesByItsOptionAndNotByWhatItHolds) {
  const ModulePtr norm = make(leaf(layer_of(false, true)));
  norm->training = false;
  norm->norm().track_running_stats = false;
  const Ran off = run(*norm);
  EXPECT_EQ(off.branch, "instance statistics, tracking off");
  EXPECT_EQ(off.mean, Numbers{0}) << "and tracks nothing";

  const ModulePtr without = make(leaf(layer_of(false, false)));
  without->norm().track_running_stats = true;
  EXPECT_THAT(run(*without).refusals, IsEmpty()) << "in training it needs none";
  without->training = false;
  EXPECT_THAT(run(*without).refusals, ElementsAre(ErrorKind::missing_statistics));
}

TEST(InstanceNorm, RefusesOneValueForEachSampleAndChannelWhereItNeedsAVariance) {
  const Input<float> single{{1, 2, 3}, {3, 1, 1}};
  const ModulePtr norm = make(leaf(layer_of(false, true)));
  EXPECT_THAT(run(*norm, single).refusals, ElementsAre(ErrorKind::single_value_per_channel));
  ForwardOptions o = options();
  o.unchecked.single_value = true;
  const Ran unchecked = run(*norm, single, o);
  EXPECT_THAT(unchecked.refusals, IsEmpty());
  EXPECT_TRUE(unchecked.pass.left_out().single_value);
  EXPECT_TRUE(std::isnan(unchecked.variance[0])) << "0 / 0";
  norm->training = false;
  EXPECT_THAT(run(*norm, single).refusals, IsEmpty()) << "eval needs none";
}

TEST(InstanceNorm, TensorsThatTakePartFitTheInput) {
  const Input<float> three{{1, 2, 3, 4, 5, 6}, {1, 3, 2}};
  EXPECT_THAT(run(*make(leaf(layer_of(true, false))), three).refusals,
              ElementsAre(ErrorKind::channel_mismatch));
  EXPECT_THAT(run(*make(leaf(layer_of(false, true))), three).refusals,
              ElementsAre(ErrorKind::channel_mismatch));
  EXPECT_THAT(run(*make(leaf(layer_of(false, false))), three).refusals, IsEmpty())
      << "num_features is not used then";
  const Input<double> wide{{1, 2}, {1, 1, 2}};
  EXPECT_THAT(run(*make(leaf(layer_of(true, false))), wide.activation()).refusals,
              ElementsAre(ErrorKind::dtype_mismatch));
}

TEST(InstanceNorm, AsksNothingOfItsEps) {
  InstanceNorm<1> layer = layer_of(false, false);
  layer.eps = -0.5;
  EXPECT_THAT(run(*make(leaf(layer))).refusals, IsEmpty());
}

TEST(InstanceNorm, AnEmptyInputMovesNothing) {
  for (const Shape& shape : {Shape{0, 1, 4}, Shape{2, 1, 0}}) {
    const Ran ran = run(*make(leaf(layer_of(true, true))), Input<float>{{}, shape});
    EXPECT_THAT(ran.refusals, IsEmpty());
    EXPECT_EQ(ran.mean, Numbers{0});
    EXPECT_EQ(ran.pass.last().values.shape, shape);
  }
}

TEST(InstanceNorm, AParameterGetsTheGradientsOfAllSamples) {
  const ModulePtr norm = make(leaf(layer_of(true, false)));
  Ran ran = run(*norm);
  const Input<float> upstream{{1, 0, 0, 2, 0, 1, 0, 0}, {2, 1, 4}};
  BackwardPass backward;
  backward.run(ran.tape, upstream.values(), {});
  ASSERT_EQ(backward.parameters().size(), 2U);
  // The first sample is -1 -0.5 0 1.5, and the second is 0 where its gradient is not.
  EXPECT_EQ(backward.parameters()[0].expected.value, Numbers{2});
  EXPECT_EQ(backward.parameters()[1].expected.value, Numbers{4});
  ASSERT_NE(backward.input(), nullptr);
  EXPECT_EQ(backward.input()->shape, two_samples.shape);
  // dx = (dy - mean(dy) - x_hat * mean(dy * x_hat)) / 2, of the first sample alone.
  const Numbers first{(1 - 0.75 + 0.5) / 2, (-0.75 + 0.25) / 2, -0.75 / 2, (2 - 0.75 - 0.75) / 2};
  for (std::size_t i = 0; i < first.size(); ++i)
    EXPECT_NEAR(backward.input()->value[i], first[i], 1e-6);
}

TEST(InstanceNorm, ItsGraphKeepsCopiesOnly) {
  const ModulePtr norm = make(leaf(layer_of(true, true)));
  const Ran ran = run(*norm);
  for (const TensorSlot slot : all_of<TensorSlot>) EXPECT_FALSE(saves(ran.tape.calls[0], slot));
}

}  // namespace
}  // namespace normdiff::reference
