#include "reference/modules/forward.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

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
using testing::norm;
using testing::options;
using testing::sequential;

using Numbers = std::vector<double>;

// One channel, 1 2 3 6: mean 3, biased variance 3.5, unbiased 14/3.
const Input<float> sample{{1, 2, 3, 6}, {2, 1, 1, 2}};

BatchNormOptions half() {
  BatchNormOptions o;
  o.eps = 0.5;  // the root of 3.5 + 0.5 is 2
  o.momentum = 0.5;
  return o;
}

/// What one forward leaves on a batch norm.
struct Ran {
  std::vector<ErrorKind> refusals;
  Numbers output, mean, variance, counter;
  std::string branch;
};

Ran run(Module& module, const Activation& input, ForwardOptions o = options()) {
  ForwardPass pass;
  Ran ran;
  pass.run(
      module, input, o,
      [&ran](int, const LeafOutput& out) -> std::optional<Activation> {
        ran.branch = out.branch();
        return std::nullopt;
      },
      nullptr);
  ran.refusals = kinds(pass.refusals());
  ran.output = elements(pass.last().values);
  ran.mean = elements(module.tensor(TensorSlot::running_mean));
  ran.variance = elements(module.tensor(TensorSlot::running_var));
  ran.counter = elements(module.tensor(TensorSlot::num_batches_tracked));
  return ran;
}
Ran run(Module& module, const Input<float>& input = sample, ForwardOptions o = options()) {
  return run(module, input.activation(), o);
}

TEST(Forward, InTrainingTheBatchDecidesAndTheStatisticsMove) {
  const Ran ran = run(*make(norm(half())));
  EXPECT_THAT(ran.refusals, IsEmpty());
  EXPECT_EQ(ran.output, (Numbers{-1, -0.5, 0, 1.5}));
  EXPECT_EQ(ran.mean, Numbers{1.5});
  EXPECT_NEAR(ran.variance[0], 0.5 + 0.5 * 14 / 3, 1e-6);
  EXPECT_EQ(ran.counter, Numbers{1});
  EXPECT_EQ(ran.branch, "batch statistics");
}

TEST(Forward, InEvalTheStoredStatisticsDecideAndNothingMoves) {
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

TEST(Forward, MomentumIsAnyRealNumber) {
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

TEST(Forward, MomentumNoneIsACumulativeAverage) {
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

TEST(Forward, WithoutStatisticsTheBatchDecidesInEvalToo) {
  BatchNormOptions o = half();
  o.track_running_stats = false;
  const ModulePtr bn = make(norm(o));
  bn->training = false;
  const Ran ran = run(*bn);
  EXPECT_EQ(ran.output, (Numbers{-1, -0.5, 0, 1.5}));
  EXPECT_EQ(ran.branch, "batch statistics, untracked");
}

TEST(Forward, TrackingSwitchedOffAfterConstruction) {
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

TEST(Forward, StatisticsMoveWithoutGradientsToo) {
  ForwardOptions o = options();
  o.grad = false;
  EXPECT_EQ(run(*make(norm(half())), sample, o).mean, Numbers{1.5});
}

TEST(Forward, AnEmptyBatchMovesTheCounterOnly) {
  const Ran ran = run(*make(norm(half())), {{}, {0, 1, 2, 2}});
  EXPECT_THAT(ran.refusals, IsEmpty());
  EXPECT_THAT(ran.output, IsEmpty());
  EXPECT_EQ(ran.mean, Numbers{0});
  EXPECT_EQ(ran.variance, Numbers{1});
  EXPECT_EQ(ran.counter, Numbers{1});
}

TEST(Forward, OneValueForEachChannelIsRefusedAndNothingMoves) {
  const ModulePtr bn = make(norm(half()));
  const Input<float> one{{4}, {1, 1, 1, 1}};
  Ran ran = run(*bn, one);
  EXPECT_THAT(ran.refusals, ElementsAre(ErrorKind::single_value_per_channel));
  EXPECT_EQ(ran.mean, Numbers{0});
  EXPECT_EQ(ran.counter, Numbers{0});
  bn->training = false;
  EXPECT_THAT(run(*bn, one).refusals, IsEmpty());
}

TEST(Forward, PastASoftRefusalTheFormulaIsFollowed) {
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

TEST(Forward, EverySoftRefusalIsGonePast) {
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

TEST(Forward, ACounterGoesOnFromItsLargestValueAtItsSmallest) {
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

TEST(Forward, NothingFollowsPastAHardRefusal) {
  ForwardOptions o = options();
  o.past_soft_refusals = true;
  BatchNormOptions zero = half();
  zero.eps = 0;
  const ModulePtr bn = make(norm(zero));
  const Ran ran = run(*bn, {{1, 2, 3, 4}, {2, 2, 1, 1}}, o);
  EXPECT_THAT(ran.refusals, ElementsAre(ErrorKind::channel_mismatch, ErrorKind::bad_eps));
  EXPECT_EQ(ran.counter, Numbers{0});
}

TEST(Forward, EpsMustBePositiveInTrainingAndNotNegativeInEval) {
  BatchNormOptions o = half();
  o.eps = 0;
  ModulePtr bn = make(norm(o));
  EXPECT_THAT(run(*bn).refusals, ElementsAre(ErrorKind::bad_eps));
  bn->training = false;
  EXPECT_THAT(run(*bn).refusals, IsEmpty());
  bn->norm().eps = -1e-5;
  EXPECT_THAT(run(*bn).refusals, ElementsAre(ErrorKind::bad_eps));
}

TEST(Forward, EveryReasonToRefuseIsGiven) {
  const ModulePtr bn = make(norm(2));
  const Input<double> input{{1, 2, 3}, {1, 3, 1, 1}};
  EXPECT_THAT(run(*bn, input.activation()).refusals,
              ElementsAre(ErrorKind::channel_mismatch, ErrorKind::dtype_mismatch,
                          ErrorKind::single_value_per_channel));
}

TEST(Forward, WhatHoldsNoTensorsTakesAnyNumberOfChannels) {
  BatchNormOptions o = half();
  o.affine = o.track_running_stats = false;
  EXPECT_THAT(run(*make(norm(o)), {{1, 2, 3, 4}, {2, 2, 1, 1}}).refusals, IsEmpty());
}

struct Ranks {
  Layer layer;
  std::vector<int> taken;
};
class ForwardRank : public ::testing::TestWithParam<Ranks> {};

TEST_P(ForwardRank, OnlyTheDocumentedOnesAreTaken) {
  const Ranks& p = GetParam();
  for (int rank = 0; rank <= 5; ++rank) {
    Shape shape;
    for (int i = 0; i < rank; ++i) shape.push_back(2);
    Input<float> input{{}, shape};
    input.elements.assign(static_cast<std::size_t>(shape.numel()), 1.5f);
    const bool taken = std::find(p.taken.begin(), p.taken.end(), rank) != p.taken.end();
    ForwardPass pass;
    const ModulePtr module = make(leaf(p.layer));
    pass.run(*module, input.activation(), options(), {}, nullptr);
    if (taken)
      EXPECT_THAT(kinds(pass.refusals()), IsEmpty()) << rank;
    else
      EXPECT_THAT(kinds(pass.refusals()), ElementsAre(ErrorKind::wrong_rank)) << rank;
  }
}

BatchNormOptions two() {
  BatchNormOptions o;
  o.num_features = 2;
  return o;
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, ForwardRank,
    ::testing::Values(Ranks{BatchNorm<1>{two()}, {2, 3}}, Ranks{BatchNorm<2>{two()}, {4}},
                      Ranks{BatchNorm<3>{two()}, {5}},
                      Ranks{Conv<1>{{2, 1, 1, 1, 0, true}}, {2, 3}},
                      Ranks{Conv<2>{{2, 1, 1, 1, 0, true}}, {3, 4}},
                      Ranks{Conv<3>{{2, 1, 1, 1, 0, true}}, {4, 5}},
                      Ranks{Linear{2, 1, true}, {1, 2, 3, 4, 5}}, Ranks{ReLU{}, {0, 1, 2, 3, 4, 5}},
                      Ranks{Flatten{}, {2, 3, 4, 5}}, Ranks{Identity{}, {0, 1, 2, 3, 4, 5}},
                      Ranks{Dropout{1}, {0, 1, 2, 3, 4, 5}}),
    [](const auto& test) { return std::string(to_string(kind_in(test.param.layer))); });

TEST(Forward, LayersWithSizesRefuseWhatDoesNotFit) {
  const ModulePtr conv = make(leaf(Conv<2>{{2, 1, 3, 1, 0, true}}));
  EXPECT_THAT(run(*conv, {{1, 2, 3, 4}, {1, 1, 2, 2}}).refusals,
              ElementsAre(ErrorKind::channel_mismatch, ErrorKind::shape_mismatch));
  const ModulePtr linear = make(leaf(Linear{3, 1, true}));
  const Input<double> wide{{1, 2}, {1, 2}};
  EXPECT_THAT(run(*linear, wide.activation()).refusals,
              ElementsAre(ErrorKind::dtype_mismatch, ErrorKind::shape_mismatch));
}

TEST(Forward, AConvolutionInGroupsTakesTheChannelsOfAll) {
  const ModulePtr conv = make(leaf(Conv<2>{{4, 2, 1, 1, 0, true, 2}}));
  EXPECT_THAT(run(*conv, {{1, 2, 3, 4}, {1, 4, 1, 1}}).refusals, IsEmpty());
  EXPECT_THAT(run(*conv, {{1, 2}, {1, 2, 1, 1}}).refusals,
              ElementsAre(ErrorKind::channel_mismatch));
  conv->tensor(TensorSlot::weight) = Tensor(DType::float32, {3, 2, 1, 1});  // as a load may
  EXPECT_THAT(run(*conv, {{1, 2, 3, 4}, {1, 4, 1, 1}}).refusals,
              ElementsAre(ErrorKind::shape_mismatch, ErrorKind::shape_mismatch))
      << "neither the groups nor the bias fit";
}

TEST(Forward, AConvolutionPadsNoImagesWithoutElements) {
  const ModulePtr conv = make(leaf(Conv<2>{{2, 1, 3, 1, 2, true}}));
  EXPECT_THAT(run(*conv, {{}, {1, 2, 0, 3}}).refusals, ElementsAre(ErrorKind::shape_mismatch));
  EXPECT_THAT(run(*conv, {{}, {2, 0, 3}}).refusals, ElementsAre(ErrorKind::shape_mismatch));
  EXPECT_THAT(run(*conv, {{}, {0, 2, 0, 3}}).refusals, IsEmpty());  // an empty batch is fine
}

TEST(Forward, AnEmptySequentialGivesItsInput) {
  ForwardPass pass;
  const ModulePtr net = make(sequential({}));
  pass.run(*net, sample.activation(), options(), {}, nullptr);
  EXPECT_EQ(pass.calls(), 0);
  EXPECT_EQ(pass.last().values.data, sample.elements.data());
  EXPECT_FALSE(pass.requires_grad());
}

TEST(Forward, WhatGivesItsInputIsALeafOnlyIfItsInputIs) {
  for (const bool is_leaf : {true, false}) {
    ForwardOptions o = options();
    o.input_requires_grad = true;
    o.input_is_leaf = is_leaf;
    ForwardPass pass;
    const ModulePtr flat = make(leaf(Flatten{}));
    pass.run(
        *flat, Input<float>{{1, 2}, {2, 1}}.activation(), o,
        [&](int, const LeafOutput& out) -> std::optional<Activation> {
          EXPECT_EQ(out.is_leaf(), is_leaf);
          return std::nullopt;
        },
        nullptr);
  }
}

TEST(Forward, WhatRanBeforeARefusalHasMoved) {
  const ModulePtr net = make(sequential({{"a", norm(half())}, {"b", norm(3)}}));
  ForwardPass pass;
  pass.run(*net, sample.activation(), options(), {}, nullptr);
  EXPECT_THAT(kinds(pass.refusals()), ElementsAre(ErrorKind::channel_mismatch));
  EXPECT_EQ(pass.calls(), 1);
  EXPECT_EQ(pass.refused_by(), net->children[1].second.get());
  EXPECT_EQ(elements(net->children[0].second->tensor(TensorSlot::num_batches_tracked)), Numbers{1});
  EXPECT_EQ(elements(net->children[1].second->tensor(TensorSlot::num_batches_tracked)), Numbers{0});
}

TEST(Forward, TheNextLeafGetsWhatWasReallyThere) {
  const ModulePtr net = make(sequential({{"a", leaf(ReLU{})}, {"b", norm(half())}}));
  const Input<float> real{{1, 2, 3, 6}, {2, 1, 1, 2}};
  const Input<float> given{{9, 9, 9, 9}, {2, 1, 1, 2}};
  ForwardPass pass;
  std::vector<std::string> branches;
  pass.run(
      *net, given.activation(), options(),
      [&](int call, const LeafOutput& out) -> std::optional<Activation> {
        branches.emplace_back(out.branch());
        if (call == 0) return real.activation();
        return std::nullopt;
      },
      nullptr);
  EXPECT_EQ(elements(pass.last().values), (Numbers{-1, -0.5, 0, 1.5}));
  EXPECT_THAT(branches, ElementsAre("relu", "batch statistics"));
}

TEST(Forward, UnobservedErrorsAreCarried) {
  const ModulePtr net = make(sequential({{"a", norm(half())}, {"b", leaf(ReLU{})}}));
  ForwardPass pass;
  pass.run(*net, sample.activation(), options(), {}, nullptr);
  ASSERT_NE(pass.last().values.error, nullptr);
  EXPECT_GT(pass.last().values.error[3], 0);
  EXPECT_LT(pass.last().values.error[3], 1e-4);
}

TEST(Forward, ABufferForgetsThatItsLastBoundsWereWeak) {
  ForwardPass pass;
  const Input<float> constant{{3000, 3000, 3000, 3000}, {2, 1, 1, 2}};
  ForwardOptions o = options();
  o.arithmetic = &libtorch_cpu();
  pass.run(*make(norm()), constant.activation(), o, {}, nullptr);
  std::int64_t equal = 0;
  pass.run(
      *make(leaf(Flatten{})), constant.activation(), options(),
      [&](int, const LeafOutput& out) -> std::optional<Activation> {
        equal = out.compare(constant.elements.data()).equal;
        return std::nullopt;
      },
      nullptr);
  EXPECT_EQ(equal, 4);
}

TEST(Forward, AnOutputRequiresAGradientIfItsInputOrAParameterDoes) {
  const auto requires_grad = [](const ModuleSpecPtr& spec, bool input, bool grad) {
    ForwardOptions o = options();
    o.grad = grad;
    o.input_requires_grad = input;
    ForwardPass pass;
    const ModulePtr net = make(spec);
    pass.run(*net, sample.activation(), o, {}, nullptr);
    return pass.requires_grad();
  };
  EXPECT_TRUE(requires_grad(norm(half()), false, true));
  EXPECT_FALSE(requires_grad(norm(half()), true, false));
  EXPECT_FALSE(requires_grad(leaf(ReLU{}), false, true));
  EXPECT_TRUE(requires_grad(leaf(ReLU{}), true, true));
}

TEST(Forward, AParameterThatRequiresNoGradientMakesNoGraph) {
  const ModulePtr net = make(norm(half()));
  ForwardPass pass;
  net->requires_grad = {false, true};
  pass.run(*net, sample.activation(), options(), {}, nullptr);
  EXPECT_TRUE(pass.requires_grad());
  net->requires_grad = {false, false};
  pass.run(*net, sample.activation(), options(), {}, nullptr);
  EXPECT_FALSE(pass.requires_grad());
}

TEST(Forward, ASharedBatchNormMovesTwice) {
  const auto bn = norm(half());
  const ModulePtr net = make(sequential({{"a", bn}, {"b", bn}}));
  ForwardPass pass;
  pass.run(*net, sample.activation(), options(), {}, nullptr);
  Module& shared = *net->children[0].second;
  EXPECT_EQ(elements(shared.tensor(TensorSlot::num_batches_tracked)), Numbers{2});
  // The second input has mean 0: (0 + 3) / 2, then halved.
  EXPECT_NEAR(elements(shared.tensor(TensorSlot::running_mean))[0], 0.75, 1e-6);
  ASSERT_EQ(pass.updates().size(), 2u) << "each statistic once";
  EXPECT_EQ(pass.updates()[0].storage, shared.find(TensorSlot::running_mean)->storage());
}

TEST(Forward, BoundsOfASharedBatchNormCompose) {
  const auto bn = norm(half());
  const ModulePtr once = make(sequential({{"a", bn}}));
  const ModulePtr twice = make(sequential({{"a", bn}, {"b", bn}}));
  ForwardPass pass;
  pass.run(*once, sample.activation(), options(), {}, nullptr);
  const double first = pass.updates()[1].expected.bound[0];
  pass.run(*twice, sample.activation(), options(), {}, nullptr);
  EXPECT_GT(first, 0);
  EXPECT_GT(pass.updates()[1].expected.bound[0], first / 2);
}

TEST(Forward, APassThatContinuesGoesOnFromTheBoundsBefore) {
  const auto bound_after = [](bool continues) {
    const ModulePtr bn = make(norm(half()));
    ForwardPass pass;
    pass.run(*bn, sample.activation(), options(), {}, nullptr);
    ForwardOptions o = options();
    o.continues = continues;
    pass.run(*bn, sample.activation(), o, {}, nullptr);
    EXPECT_EQ(pass.updates().size(), 2u);
    return pass.updates()[1].expected.bound[0];
  };
  EXPECT_GT(bound_after(true), bound_after(false) * 1.2);
}

TEST(Forward, ATracedModuleHasItsModeBakedIn) {
  const ModulePtr bn = make(norm(half()));
  bn->traced_training = false;
  Ran ran = run(*bn);
  EXPECT_EQ(ran.counter, Numbers{0}) << "in training by its flag, in eval by its graph";
  EXPECT_EQ(ran.branch, "running statistics");
  bn->traced_training = true;
  bn->training = false;
  ran = run(*bn);
  EXPECT_EQ(ran.counter, Numbers{1});
  EXPECT_EQ(ran.branch, "batch statistics");
}

TEST(Forward, ATracedModuleHasItsCumulativeFactorBakedIn) {
  BatchNormOptions o = half();
  o.momentum.reset();
  const ModulePtr bn = make(norm(o));
  bn->traced_training = true;
  bn->traced_calls = {{0.25, 0}};
  EXPECT_EQ(run(*bn).mean, Numbers{0.75});
  EXPECT_EQ(run(*bn, {{0, 0, 0, 0}, {2, 1, 1, 2}}).mean, Numbers{0.5625});
}

TEST(Forward, ATracedConvolutionTakesTheRankItWasTracedWith) {
  const Input<float> one{{1, 2, 3, 4}, {1, 2, 2}};
  const Input<float> batch{{1, 2, 3, 4}, {1, 1, 2, 2}};
  const ModulePtr net = make(sequential({{"conv", leaf(Conv<2>{{1, 1, 1, 1, 0, true}})}}));
  ForwardPass pass;
  const auto refusals = [&](const Input<float>& input) {
    pass.run(*net, input.activation(), options(), {}, nullptr);
    return kinds(pass.refusals());
  };
  EXPECT_THAT(refusals(one), IsEmpty());
  EXPECT_THAT(pass.ranks(), ElementsAre(3));
  EXPECT_THAT(refusals(batch), IsEmpty());
  net->traced_calls = {{std::nullopt, 3}};
  EXPECT_THAT(refusals(one), IsEmpty());
  EXPECT_THAT(refusals(batch), ElementsAre(ErrorKind::wrong_rank));
  net->traced_calls = {{std::nullopt, 4}};
  EXPECT_THAT(refusals(one), ElementsAre(ErrorKind::wrong_rank));
  EXPECT_THAT(refusals(batch), IsEmpty());
}

TEST(Forward, AnInputOfAnotherRankAndDtypeIsRefusedForEither) {
  const Input<double> scalar{{1}, {}};
  for (const auto& module : {leaf(Conv<2>{{2, 1, 1, 1, 0, true}}), leaf(Linear{2, 1, true})}) {
    ForwardPass pass;
    pass.run(*make(module), scalar.activation(), options(), {}, nullptr);
    EXPECT_THAT(kinds(pass.refusals()),
                ElementsAre(ErrorKind::dtype_mismatch, ErrorKind::wrong_rank));
  }
}

TEST(Forward, ATracedModuleHasNoneOfTheChecks) {
  BatchNormOptions o = half();
  o.eps = 0;
  const ModulePtr bn = make(norm(o));
  bn->traced_training = true;
  EXPECT_THAT(run(*bn, {{1, 2}, {2, 1}}).refusals, IsEmpty()) << "neither of the rank nor of eps";
  EXPECT_THAT(run(*bn, {{1, 2, 3, 4}, {2, 2, 1, 1}}).refusals,
              ElementsAre(ErrorKind::channel_mismatch))
      << "the operation itself needs its channels";
}

TEST(Forward, ATapeRemembersWhatTheBackwardNeeds) {
  const ModulePtr net = make(sequential({{"bn", norm(half())}, {"flat", leaf(Flatten{})}}));
  ForwardPass pass;
  Tape tape;
  pass.run(*net, sample.activation(), options(), {}, &tape);
  ASSERT_EQ(tape.calls.size(), 2u);
  EXPECT_TRUE(tape.requires_grad);
  EXPECT_FALSE(tape.calls[0].saves_nothing);
  EXPECT_TRUE(tape.calls[1].saves_nothing);
  EXPECT_EQ(tape.output, (Shape{2, 2}));
  EXPECT_EQ(batch_norm_in(tape.calls[0].layer)->eps, 0.5);
  EXPECT_TRUE(tape.calls[0].batch_statistics);
  EXPECT_FALSE(tape.calls[0].input_requires_grad);
  EXPECT_TRUE(tape.calls[1].input_requires_grad);
  Module& bn = *net->children[0].second;
  bn.tensor(TensorSlot::weight)->set(0, 5);
  EXPECT_EQ(elements(tape.calls[0].tensors[TensorSlot::weight]), Numbers{1}) << "as it was";
  // The activation between the two outlives the pass's buffers.
  pass.run(*net, Input<float>{{7, 7, 8, 8}, {2, 1, 1, 2}}.activation(), options(), {}, nullptr);
  EXPECT_EQ(elements(tape.calls[1].input.values), (Numbers{-1, -0.5, 0, 1.5}));
}

/// What one layer makes of an input that requires a gradient.
struct Single {
  Numbers output;
  std::vector<double> error;
  bool requires_grad = false;
  bool is_leaf = false;
  Tape tape;
};
Single single(const Layer& layer, const Input<float>& input, bool training = true,
              bool grad = true) {
  const ModulePtr module = make(leaf(layer));
  module->training = training;
  ForwardOptions o = options();
  o.input_requires_grad = true;
  o.grad = grad;
  Single seen;
  ForwardPass pass;
  pass.run(
      *module, input.activation(), o,
      [&seen](int, const LeafOutput& out) -> std::optional<Activation> {
        seen.requires_grad = out.requires_grad();
        seen.is_leaf = out.is_leaf();
        return std::nullopt;
      },
      &seen.tape);
  const Values& last = pass.last().values;
  seen.output = elements(last);
  seen.error.assign(last.error, last.error + last.shape.numel());
  return seen;
}

TEST(Forward, IdentityGivesItsInputWhateverTheMode) {
  const Input<float> x{{1, -std::numeric_limits<float>::infinity()}, {2, 1}};
  for (const bool grad : {true, false}) {
    const Single y = single(Identity{}, x, true, grad);
    EXPECT_EQ(y.output, (Numbers{1, -std::numeric_limits<double>::infinity()}));
    EXPECT_EQ(y.error, (Numbers{0, 0}));
    EXPECT_TRUE(y.is_leaf && y.requires_grad) << "as the input, under no_grad too";
    EXPECT_TRUE(y.tape.calls[0].saves_nothing);
  }
}

/// An input of the most dimensions that a layer takes: two samples, of one value where that will
/// do.
Input<float> two_samples(const Layer& layer) {
  int rank = Shape::max_rank;
  while (!visit_leaf<bool>(layer, [rank](const auto& x) { return x.takes_rank(rank); })) --rank;
  Shape shape{2};
  while (shape.rank() < rank) shape.push_back(1);
  if (!is_norm(layer) || is_batch_norm(layer)) return {{1, -2}, shape};
  shape[rank - 1] = 2;  // an instance norm needs two of each sample
  return {{1, -2, 3, 5}, shape};
}

TEST(Forward, EveryLayerSaysWhetherItDoesNothingAndHasAMode) {
  for (const ModuleKind kind : all_of<ModuleKind>) {
    Layer layer = make_layer(kind);
    if (is_container(layer)) continue;
    if (NormOptions* norm = norm_in(layer)) norm->track_running_stats = true;
    const Input<float> x = two_samples(layer);
    const Single trains = single(layer, x, true);
    const Single evaluates = single(layer, x, false);
    EXPECT_EQ(trains.is_leaf, does_nothing(layer, true)) << to_string(kind);
    EXPECT_EQ(evaluates.is_leaf, does_nothing(layer, false)) << to_string(kind);
    EXPECT_EQ(trains.output != evaluates.output, traits_of(layer).has_mode) << to_string(kind);
  }
}

TEST(Forward, DropoutGivesItsInputWhereThereIsNothingToDrop) {
  const Input<float> x{{1, -2}, {2, 1}};
  for (const Single& y : {single(Dropout{0}, x, true), single(Dropout{0}, x, false),
                          single(Dropout{1}, x, false), single(Dropout{0}, x, true, false)}) {
    EXPECT_EQ(y.output, (Numbers{1, -2}));
    EXPECT_TRUE(y.is_leaf && y.requires_grad);
    EXPECT_TRUE(y.tape.calls[0].saves_nothing);
  }
  EXPECT_TRUE(single(Dropout{1}, {{}, {0, 1}}).is_leaf) << "an empty batch";
}

TEST(Forward, DropoutOfEverythingGivesZerosAndSavesSomething) {
  const Single y = single(Dropout{1}, {{1, -2, std::numeric_limits<float>::infinity()}, {3, 1}});
  EXPECT_EQ(y.output, (Numbers{0, 0, 0}));
  EXPECT_EQ(y.error, (Numbers{0, 0, -1})) << "0 times infinity, or 0";
  EXPECT_TRUE(y.requires_grad && !y.is_leaf);
  EXPECT_FALSE(y.tape.calls[0].saves_nothing);
  EXPECT_FALSE(single(Dropout{1}, {{1}, {1, 1}}, true, false).requires_grad);
}

TEST(Forward, FlattenAloneSavesNothing) {
  ForwardPass pass;
  Tape tape;
  const ModulePtr flat = make(leaf(Flatten{}));
  pass.run(*flat, sample.activation(), options(), {}, &tape);
  EXPECT_TRUE(tape.calls[0].saves_nothing);
  EXPECT_FALSE(tape.requires_grad);
}

}  // namespace
}  // namespace normdiff::reference
