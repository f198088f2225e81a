#include "reference/modules/forward.hpp"

#include <gmock/gmock.h>

#include <cmath>
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
using testing::Single;
using testing::single;

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

}  // namespace
}  // namespace normdiff::reference
