#include "reference/layers/batch_norm.hpp"

#include <gmock/gmock.h>

#include <limits>

#include "tests/reference/modules/runs.hpp"

namespace normdiff::reference {
namespace {

using testing::elements;
using ::testing::ElementsAre;
using testing::half;
using testing::Input;
using ::testing::IsEmpty;
using testing::kinds;
using testing::leaf;
using testing::make;
using testing::norm;
using testing::Numbers;
using testing::options;
using testing::Ran;
using testing::run;
using testing::sample;
using testing::sequential;

TEST(BatchNorm, HasTheDocumentedDefaults) {
  const BatchNorm<2> layer;
  EXPECT_EQ(layer.eps, 1e-5);
  EXPECT_EQ(layer.momentum, 0.1);
  EXPECT_TRUE(layer.affine);
  EXPECT_TRUE(layer.track_running_stats);
}

TEST(BatchNorm, KeepsStatisticsThatItWasGivenAndItsWeight) {
  SavedCall call;
  call.batch_statistics = true;
  BatchNorm<1> layer;
  EXPECT_TRUE(layer.keeps(TensorSlot::weight, call));
  EXPECT_FALSE(layer.keeps(TensorSlot::bias, call));
  EXPECT_TRUE(layer.keeps(TensorSlot::running_mean, call)) << "given to be moved";
  layer.track_running_stats = false;
  EXPECT_FALSE(layer.keeps(TensorSlot::running_mean, call)) << "not given at all";
  call.batch_statistics = false;
  EXPECT_TRUE(layer.keeps(TensorSlot::running_mean, call)) << "given to normalise with";
}

TEST(BatchNorm, UsesTheBatchInTrainingOrWithoutStatistics) {
  SlotTensors tensors;
  EXPECT_TRUE(uses_batch_statistics(false, tensors));
  tensors[TensorSlot::running_mean] = Tensor(DType::float32, {1});
  tensors[TensorSlot::running_var] = Tensor(DType::float32, {1});
  EXPECT_FALSE(uses_batch_statistics(false, tensors));
  EXPECT_TRUE(uses_batch_statistics(true, tensors));
}

TEST(BatchNorm, InTrainingTheBatchDecidesAndTheStatisticsMove) {
  const Ran ran = run(*make(norm(half())));
  EXPECT_THAT(ran.refusals, IsEmpty());
  EXPECT_EQ(ran.output, (Numbers{-1, -0.5, 0, 1.5}));
  EXPECT_EQ(ran.mean, Numbers{1.5});
  EXPECT_NEAR(ran.variance[0], 0.5 + 0.5 * 14 / 3, 1e-6);
  EXPECT_EQ(ran.counter, Numbers{1});
  EXPECT_EQ(ran.branch, "batch statistics");
}

TEST(BatchNorm, InEvalTheStoredStatisticsDecideAndNothingMoves) {
  const ModulePtr bn = make(norm(half()));
  bn->training = false;
  bn->tensor(TensorSlot::running_mean)->set(0, 2);
  bn->tensor(TensorSlot::running_var)->set(0, 3.5);
  const Ran ran = run(*bn);
  EXPECT_EQ(ran.output, (Numbers{-0.5, 0, 0.5, 2}));
  EXPECT_EQ(ran.mean, Numbers{2});
  EXPECT_EQ(ran.counter, Numbers{0});
  EXPECT_EQ(ran.branch, "running statistics");
}

TEST(BatchNorm, MomentumIsAnyRealNumber) {
  for (double momentum : {0.0, 1.0, -1.2, 2.0}) {
    BatchNormOptions o = half();
    o.momentum = momentum;
    const Ran ran = run(*make(norm(o)));
    EXPECT_THAT(ran.refusals, IsEmpty());
    EXPECT_EQ(ran.mean, Numbers{static_cast<double>(static_cast<float>(momentum * 3))}) << momentum;
    EXPECT_NEAR(ran.variance[0], 1 - momentum + momentum * 14 / 3, 1e-5) << momentum;
    EXPECT_EQ(ran.counter, Numbers{1});
  }
}

TEST(BatchNorm, MomentumNoneIsACumulativeAverage) {
  BatchNormOptions o = half();
  o.momentum.reset();
  const ModulePtr bn = make(norm(o));
  Ran ran = run(*bn);
  EXPECT_EQ(ran.branch, "batch statistics, cumulative");
  EXPECT_EQ(ran.mean, Numbers{3});
  ran = run(*bn, {{5, 5, 5, 5}, {2, 1, 1, 2}});
  EXPECT_EQ(ran.mean, Numbers{4});
  EXPECT_EQ(ran.counter, Numbers{2});
}

TEST(BatchNorm, WithoutStatisticsTheBatchDecidesInEvalToo) {
  BatchNormOptions o = half();
  o.track_running_stats = false;
  const ModulePtr bn = make(norm(o));
  bn->training = false;
  const Ran ran = run(*bn);
  EXPECT_EQ(ran.output, (Numbers{-1, -0.5, 0, 1.5}));
  EXPECT_EQ(ran.branch, "batch statistics, untracked");
}

TEST(BatchNorm, TrackingSwitchedOffAfterConstruction) {
  const ModulePtr bn = make(norm(half()));
  bn->norm().track_running_stats = false;
  Ran ran = run(*bn);
  EXPECT_EQ(ran.output, (Numbers{-1, -0.5, 0, 1.5})) << "training uses the batch's";
  EXPECT_EQ(ran.branch, "batch statistics, tracking off");
  EXPECT_EQ(ran.mean, Numbers{0}) << "and nothing moves";
  EXPECT_EQ(ran.counter, Numbers{0});
  bn->training = false;
  bn->tensor(TensorSlot::running_var)->set(0, 3.5);
  ran = run(*bn);
  EXPECT_EQ(ran.output, (Numbers{0.5, 1, 1.5, 3})) << "eval uses the stored ones";
}

TEST(BatchNorm, StatisticsMoveWithoutGradientsToo) {
  ForwardOptions o = options();
  o.grad = false;
  EXPECT_EQ(run(*make(norm(half())), sample, o).mean, Numbers{1.5});
}

TEST(BatchNorm, AnEmptyBatchMovesTheCounterOnly) {
  const Ran ran = run(*make(norm(half())), {{}, {0, 1, 2, 2}});
  EXPECT_THAT(ran.refusals, IsEmpty());
  EXPECT_THAT(ran.output, IsEmpty());
  EXPECT_EQ(ran.mean, Numbers{0});
  EXPECT_EQ(ran.variance, Numbers{1});
  EXPECT_EQ(ran.counter, Numbers{1});
}

TEST(BatchNorm, OneValueForEachChannelIsRefusedAndNothingMoves) {
  const ModulePtr bn = make(norm(half()));
  const Input<float> one{{4}, {1, 1, 1, 1}};
  Ran ran = run(*bn, one);
  EXPECT_THAT(ran.refusals, ElementsAre(ErrorKind::single_value_per_channel));
  EXPECT_EQ(ran.mean, Numbers{0});
  EXPECT_EQ(ran.counter, Numbers{0});
  bn->training = false;
  EXPECT_THAT(run(*bn, one).refusals, IsEmpty());
}

TEST(BatchNorm, PastASoftRefusalTheFormulaIsFollowed) {
  ForwardOptions o = options();
  o.past_soft_refusals = true;
  BatchNormOptions zero = half();
  zero.eps = 0;
  zero.affine = false;
  const Input<float> symmetric{{-2, 2}, {2, 1, 1, 1}};
  const ModulePtr bn = make(norm(zero));
  EXPECT_THAT(run(*bn, symmetric).refusals, ElementsAre(ErrorKind::bad_eps));
  EXPECT_EQ(elements(bn->tensor(TensorSlot::num_batches_tracked)), Numbers{0});
  const Ran past = run(*bn, symmetric, o);
  EXPECT_THAT(past.refusals, ElementsAre(ErrorKind::bad_eps)) << "it is said all the same";
  EXPECT_EQ(past.output, (Numbers{-1, 1}));
  EXPECT_EQ(past.counter, Numbers{1});
}

TEST(BatchNorm, EverySoftRefusalIsGonePast) {
  ForwardOptions o = options();
  o.past_soft_refusals = true;
  BatchNormOptions zero = half();
  zero.eps = 0;
  zero.affine = false;
  const ModulePtr net =
      make(sequential({{"a", norm(zero)}, {"relu", leaf(ReLU{})}, {"b", norm(zero)}}));
  ForwardPass pass;
  pass.run(*net, Input<float>{{-2, 2}, {2, 1, 1, 1}}.activation(), o, {}, nullptr);
  EXPECT_THAT(kinds(pass.refusals()), ElementsAre(ErrorKind::bad_eps, ErrorKind::bad_eps));
  EXPECT_EQ(pass.calls(), 3);
  EXPECT_EQ(elements(pass.last().values), (Numbers{-1, 1}));
}

TEST(BatchNorm, ACounterGoesOnFromItsLargestValueAtItsSmallest) {
  constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t smallest = std::numeric_limits<std::int64_t>::min();
  const auto counter = [](Module& bn) {
    return static_cast<std::int64_t*>(bn.tensor(TensorSlot::num_batches_tracked)->data());
  };
  const ModulePtr bn = make(norm(half()));
  *counter(*bn) = largest;
  EXPECT_EQ(run(*bn).mean, Numbers{1.5}) << "a momentum that is given plays its part";
  EXPECT_EQ(*counter(*bn), smallest);
  BatchNormOptions cumulative = half();
  cumulative.momentum = std::nullopt;
  const ModulePtr average = make(norm(cumulative));
  *counter(*average) = largest;
  EXPECT_EQ(run(*average).mean, Numbers{static_cast<float>(-3 * 0x1p-63)});
  EXPECT_EQ(*counter(*average), smallest);
}

TEST(BatchNorm, NothingFollowsPastAHardRefusal) {
  ForwardOptions o = options();
  o.past_soft_refusals = true;
  BatchNormOptions zero = half();
  zero.eps = 0;
  const ModulePtr bn = make(norm(zero));
  const Ran ran = run(*bn, {{1, 2, 3, 4}, {2, 2, 1, 1}}, o);
  EXPECT_THAT(ran.refusals, ElementsAre(ErrorKind::channel_mismatch, ErrorKind::bad_eps));
  EXPECT_EQ(ran.counter, Numbers{0});
}

TEST(BatchNorm, EpsMustBePositiveInTrainingAndNotNegativeInEval) {
  BatchNormOptions o = half();
  o.eps = 0;
  ModulePtr bn = make(norm(o));
  EXPECT_THAT(run(*bn).refusals, ElementsAre(ErrorKind::bad_eps));
  bn->training = false;
  EXPECT_THAT(run(*bn).refusals, IsEmpty());
  bn->norm().eps = -1e-5;
  EXPECT_THAT(run(*bn).refusals, ElementsAre(ErrorKind::bad_eps));
}

TEST(BatchNorm, EveryReasonToRefuseIsGiven) {
  const ModulePtr bn = make(norm(2));
  const Input<double> input{{1, 2, 3}, {1, 3, 1, 1}};
  EXPECT_THAT(run(*bn, input.activation()).refusals,
              ElementsAre(ErrorKind::channel_mismatch, ErrorKind::dtype_mismatch,
                          ErrorKind::single_value_per_channel));
}

TEST(BatchNorm, WhatHoldsNoTensorsTakesAnyNumberOfChannels) {
  BatchNormOptions o = half();
  o.affine = o.track_running_stats = false;
  EXPECT_THAT(run(*make(norm(o)), {{1, 2, 3, 4}, {2, 2, 1, 1}}).refusals, IsEmpty());
}

}  // namespace
}  // namespace normdiff::reference
