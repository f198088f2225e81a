#include "reference/modules/backward.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "tests/reference/modules/trees.hpp"

namespace normdiff::reference {
namespace {

using ::testing::ElementsAre;
using testing::Input;
using testing::leaf;
using testing::make;
using testing::norm;
using testing::options;
using testing::sequential;

using Numbers = std::vector<double>;

const Input<float> sample{{1, 2, 3, 6}, {2, 1, 1, 2}};
const Input<float> upstream{{1, 0, 0, 2}, {2, 1, 1, 2}};

/// A forward of `sample` with its tape, and one backward.
struct Passes {
  ForwardPass forward;
  Tape tape;
  BackwardPass backward;
  std::vector<std::string> branches;

  Passes(Module& root, bool input_requires_grad, const Values& gradient = upstream.values()) {
    ForwardOptions o = options();
    o.input_requires_grad = input_requires_grad;
    forward.run(root, sample.activation(), o, {}, &tape);
    backward.run(tape, gradient, [this](int, const InputGradient& g) -> std::optional<Values> {
      branches.emplace_back(g.branch());
      return std::nullopt;
    });
  }
  [[nodiscard]] Numbers of(const Module& module, TensorSlot slot) {
    for (const ParameterGradient& g : backward.parameters())
      if (g.module == &module && g.slot == slot) return g.expected.value;
    return {};
  }
};

ModuleSpecPtr half() {
  BatchNormOptions o;
  o.eps = 0.5;
  return norm(o);
}

TEST(Backward, OfABatchNormInTraining) {
  // x_hat = -1, -0.5, 0, 1.5: dw = -1 + 3 = 2, db = 3.
  const ModulePtr bn = make(half());
  Passes passes(*bn, true);
  EXPECT_EQ(passes.of(*bn, TensorSlot::weight), Numbers{2});
  EXPECT_EQ(passes.of(*bn, TensorSlot::bias), Numbers{3});
  // dx = (dy - mean(dy) - x_hat * mean(dy * x_hat)) / 2
  ASSERT_NE(passes.backward.input(), nullptr);
  const Numbers x_hat = {-1, -0.5, 0, 1.5}, dy = {1, 0, 0, 2};
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_NEAR(passes.backward.input()->value[i], (dy[i] - 0.75 - x_hat[i] * 0.5) / 2, 1e-12);
  EXPECT_THAT(passes.branches, ElementsAre("backward, batch statistics"));
}

TEST(Backward, OfABatchNormInEvalIsLinear) {
  const ModulePtr bn = make(half());
  bn->training = false;
  bn->tensor(TensorSlot::running_var)->set(0, 3.5);
  Passes passes(*bn, true);
  EXPECT_EQ(passes.backward.input()->value, (Numbers{0.5, 0, 0, 1}));
  EXPECT_EQ(passes.of(*bn, TensorSlot::bias), Numbers{3});
  EXPECT_THAT(passes.branches, ElementsAre("backward, running statistics"));
}

TEST(Backward, UsesTheValuesOfItsOwnForward) {
  const ModulePtr bn = make(half());
  bn->training = false;
  bn->tensor(TensorSlot::running_var)->set(0, 3.5);
  ForwardOptions o = options();
  o.input_requires_grad = true;
  ForwardPass forward;
  Tape tape;
  forward.run(*bn, sample.activation(), o, {}, &tape);
  bn->tensor(TensorSlot::weight)->set(0, 100);
  bn->tensor(TensorSlot::running_var)->set(0, 100);
  bn->norm().eps = 100;
  bn->training = true;
  BackwardPass backward;
  backward.run(tape, upstream.values(), {});
  EXPECT_EQ(backward.input()->value, (Numbers{0.5, 0, 0, 1}));
}

TEST(Backward, StopsWhereNothingBeforeRequiresAGradient) {
  const ModulePtr net = make(sequential({{"act", leaf(ReLU{})}, {"a", half()}, {"b", half()}}));
  Passes passes(*net, false);
  EXPECT_EQ(passes.backward.input(), nullptr);
  EXPECT_EQ(passes.branches.size(), 1u) << "the input of b alone";
  EXPECT_EQ(passes.backward.parameters().size(), 4u);
}

TEST(Backward, AParameterGetsAGradientIfItRequiredOneThenAndDoesNow) {
  const ModulePtr net = make(sequential({{"a", half()}, {"b", half()}}));
  Module& a = *net->children[0].second;
  Module& b = *net->children[1].second;
  a.requires_grad = {false, true};
  ForwardPass forward;
  Tape tape;
  forward.run(*net, sample.activation(), options(), {}, &tape);
  a.requires_grad = every_parameter;
  b.requires_grad = {true, false};
  BackwardPass backward;
  backward.run(tape, upstream.values(), {});
  ASSERT_EQ(backward.parameters().size(), 2u);
  EXPECT_EQ(backward.parameters()[0].module, &b);
  EXPECT_EQ(backward.parameters()[0].slot, TensorSlot::weight);
  EXPECT_EQ(backward.parameters()[1].module, &a);
  EXPECT_EQ(backward.parameters()[1].slot, TensorSlot::bias);
}

TEST(Backward, ASharedModulesUsesAddUp) {
  const auto bn = half();
  const ModulePtr shared = make(sequential({{"a", bn}, {"b", bn}}));
  const ModulePtr apart = make(sequential({{"a", half()}, {"b", half()}}));
  Passes one(*shared, false);
  Passes two(*apart, false);
  EXPECT_EQ(one.backward.parameters().size(), 2u);
  for (TensorSlot slot : {TensorSlot::weight, TensorSlot::bias})
    EXPECT_NEAR(
        one.of(*shared->children[0].second, slot)[0],
        two.of(*apart->children[0].second, slot)[0] + two.of(*apart->children[1].second, slot)[0],
        1e-12);
}

TEST(Backward, UsesOfASharedTensorAddUp) {
  const ModulePtr net = make(sequential({{"a", half()}, {"b", half()}}));
  Module& a = *net->children[0].second;
  Module& b = *net->children[1].second;
  Passes apart(*net, false);
  const double sum = apart.of(a, TensorSlot::weight)[0] + apart.of(b, TensorSlot::weight)[0];
  b.tensor(TensorSlot::weight) = a.tensor(TensorSlot::weight);
  Passes together(*net, false);
  EXPECT_EQ(together.backward.parameters().size(), 3u) << "one weight, two biases";
  EXPECT_NEAR(together.backward.parameters()[0].expected.value[0], sum, 1e-12);
}

TEST(Backward, OfDropoutIsItsUpstreamOrZero) {
  const Input<float> dy{{10, -3, 0, 1}, {2, 1, 1, 2}};
  const Numbers all{10, -3, 0, 1};
  const Numbers none{0, 0, 0, 0};
  const auto gradient = [&dy](const Layer& layer, bool training) {
    const ModulePtr module = make(leaf(layer));
    module->training = training;
    Passes passes(*module, true, dy.values());
    return passes.backward.input()->value;
  };
  EXPECT_EQ(gradient(Identity{}, true), all);
  EXPECT_EQ(gradient(Dropout{0}, true), all);
  EXPECT_EQ(gradient(Dropout{1}, false), all);
  EXPECT_EQ(gradient(Dropout{1}, true), none);
}

TEST(Backward, OfAFreedGraphStopsAtTheFirstCallThatSavedSomething) {
  const ModulePtr net = make(sequential({{"bn", half()}, {"flat", leaf(Flatten{})}}));
  Passes passes(*net, true);
  EXPECT_FALSE(passes.backward.refusal());
  for (TapeEntry& call : passes.tape.calls) call.freed = true;
  std::vector<int> calls;
  passes.backward.run(passes.tape, upstream.values(), [&calls](int call, const InputGradient&) {
    calls.push_back(call);
    return std::optional<Values>();
  });
  EXPECT_EQ(passes.backward.refused_by(), net->children[0].second.get());
  EXPECT_THAT(calls, ElementsAre(1)) << "the flatten is done";
  EXPECT_TRUE(passes.backward.parameters().empty());
}

TEST(Backward, OfLayersByHand) {
  const ModulePtr net = make(sequential(
      {{"flat", leaf(Flatten{})}, {"fc", leaf(Linear{2, 1, true})}, {"act", leaf(ReLU{})}}));
  Module& fc = *net->children[1].second;
  fc.tensor(TensorSlot::weight)->set(0, -3);
  fc.tensor(TensorSlot::weight)->set(1, 1);
  // -3 + 2 = -1: off; -9 + 6 + 4 = 1: on.
  fc.tensor(TensorSlot::bias)->set(0, 0);
  const Input<float> dy{{10, 10}, {2, 1}};
  fc.tensor(TensorSlot::bias)->set(0, 0.5);
  Passes off(*net, true, dy.values());
  EXPECT_EQ(off.backward.input()->value, (Numbers{0, 0, 0, 0}));
  fc.tensor(TensorSlot::bias)->set(0, 4);
  Passes on(*net, true, dy.values());
  EXPECT_EQ(on.of(fc, TensorSlot::weight), (Numbers{10 * 1 + 10 * 3, 10 * 2 + 10 * 6}));
  EXPECT_EQ(on.of(fc, TensorSlot::bias), Numbers{20});
  EXPECT_EQ(on.backward.input()->value, (Numbers{-30, 10, -30, 10}));
  EXPECT_EQ(on.backward.input()->shape, (Shape{2, 1, 1, 2}));
  EXPECT_THAT(on.branches, ElementsAre("backward, relu", "backward, linear", "backward, flatten"));
}

TEST(Backward, OfAConvolutionWithAndWithoutABatch) {
  const ModulePtr conv = make(leaf(Conv<2>{{1, 1, 1, 1, 0, true}}));
  conv->tensor(TensorSlot::weight)->set(0, 2);
  for (const Shape& shape : {Shape{1, 1, 2, 2}, Shape{1, 2, 2}}) {
    const Input<float> x{{1, 2, 3, 6}, shape};
    ForwardOptions o = options();
    o.input_requires_grad = true;
    ForwardPass forward;
    Tape tape;
    forward.run(*conv, x.activation(), o, {}, &tape);
    BackwardPass backward;
    backward.run(tape, {upstream.elements.data(), DType::float32, shape, nullptr}, {});
    ASSERT_EQ(backward.parameters().size(), 2u);
    EXPECT_EQ(backward.parameters()[0].expected.value, Numbers{13});
    EXPECT_EQ(backward.parameters()[1].expected.value, Numbers{3});
    EXPECT_EQ(backward.input()->value, (Numbers{2, 0, 0, 4}));
    EXPECT_EQ(backward.input()->shape, shape);
  }
}

TEST(Backward, TheLeafBeforeGetsTheGradientThatWasReallyThere) {
  const ModulePtr net = make(sequential({{"a", leaf(ReLU{})}, {"b", half()}}));
  ForwardOptions o = options();
  o.input_requires_grad = true;
  ForwardPass forward;
  Tape tape;
  forward.run(*net, sample.activation(), o, {}, &tape);
  const Input<float> real{{8, 7, 6, 5}, {2, 1, 1, 2}};
  BackwardPass backward;
  backward.run(tape, upstream.values(),
               [&](int call, const InputGradient& g) -> std::optional<Values> {
                 EXPECT_EQ(g.shape(), (Shape{2, 1, 1, 2}));
                 if (call == 1) return real.values();
                 return std::nullopt;
               });
  EXPECT_EQ(backward.input()->value, (Numbers{8, 7, 6, 5}));
}

/// A forward of `root`, and one of `next` on its output.
struct Chain {
  Tape first, second;
  ForwardPass forward;
  BackwardPass backward;

  Chain(Module& root, Module& next) {
    ForwardOptions o = options();
    o.input_requires_grad = true;
    forward.run(root, sample.activation(), o, {}, &first);
    const Activation between = forward.last();
    o.input_is_leaf = false;
    forward.run(next, between, o, {}, &second);
    second.before = std::make_shared<Tape>(first);
  }
};

TEST(Backward, GoesOnInTheGraphThatMadeItsInput) {
  const ModulePtr whole = make(sequential({{"a", half()}, {"b", half()}}));
  Passes one(*whole, true);
  const ModulePtr a = make(half());
  const ModulePtr b = make(half());
  Chain chain(*a, *b);
  std::vector<int> seen;
  chain.backward.run(chain.second, upstream.values(),
                     [&seen](int call, const InputGradient&) -> std::optional<Values> {
                       seen.push_back(call);
                       return std::nullopt;
                     });
  EXPECT_THAT(seen, ElementsAre(0)) << "in the graph before, nobody sees a gradient";
  ASSERT_NE(chain.backward.input(), nullptr);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(chain.backward.input()->value[i], one.backward.input()->value[i], 1e-12);
    EXPECT_GT(chain.backward.input()->bound[i], 0);
  }
  EXPECT_EQ(chain.backward.parameters().size(), 4u);
}

TEST(Backward, AModuleThatIsRunTwiceGetsOneGradientOfBoth) {
  const ModulePtr bn = make(half());
  Chain chain(*bn, *bn);
  chain.backward.run(chain.second, upstream.values(), {});
  ASSERT_EQ(chain.backward.parameters().size(), 2u);
  EXPECT_EQ(chain.backward.parameters()[0].uses, 2);
}

TEST(Backward, FreesEveryGraphItGoesThrough) {
  const ModulePtr a = make(half());
  const ModulePtr b = make(half());
  Chain chain(*a, *b);
  BackwardPass& backward = chain.backward;
  backward.run(chain.second, upstream.values(), {}, {.retain_graph = true});
  EXPECT_FALSE(backward.refusal());
  backward.run(*chain.second.before, upstream.values(), {});
  EXPECT_FALSE(backward.refusal());
  backward.run(chain.second, upstream.values(), {});
  ASSERT_TRUE(backward.refusal());
  EXPECT_EQ(backward.refusal()->kind, ErrorKind::graph_freed);
  EXPECT_EQ(backward.refused_by(), a.get());
  EXPECT_EQ(backward.input(), nullptr);
  EXPECT_EQ(backward.parameters().size(), 2u) << "those of b, which was done by then";
  backward.run(chain.second, upstream.values(), {});
  EXPECT_EQ(backward.refused_by(), b.get());
}

TEST(Backward, AGradientThatIsNotWholeIsNotAdded) {
  const ModulePtr bn = make(half());
  Chain chain(*bn, *bn);
  chain.second.before->calls[0].modified = true;
  chain.backward.run(chain.second, upstream.values(), {});
  ASSERT_TRUE(chain.backward.refusal());
  EXPECT_EQ(chain.backward.refusal()->kind, ErrorKind::modified_in_place);
  EXPECT_TRUE(chain.backward.parameters().empty());
}

TEST(Backward, ThroughNothingIsTheUpstreamGradient) {
  const ModulePtr net = make(sequential({}));
  Passes passes(*net, true);
  EXPECT_EQ(passes.backward.input()->value, (Numbers{1, 0, 0, 2}));
  EXPECT_TRUE(passes.backward.parameters().empty());
}

TEST(Accumulate, WithoutAGradientBeforeItIsWhatWasAdded) {
  const Bounded added{{2}, {1, -2}, {0.25, 0}, {}};
  Bounded sum;
  accumulate(nullptr, added, DType::float32, sum);
  EXPECT_EQ(sum.value, added.value);
  EXPECT_EQ(sum.bound, added.bound);
}

TEST(Accumulate, AddsToTheGradientThatIsThereWithTheRoundingOfTheAddition) {
  Tensor before(DType::float32, {2});
  before.set(0, 3);
  const Bounded added{{2}, {1, -2}, {0.25, 0}, {}};
  Bounded sum;
  accumulate(&before, added, DType::float32, sum);
  EXPECT_EQ(sum.value, (Numbers{4, -2}));
  EXPECT_GE(sum.bound[0], 0.25 + 0x1p-24 * 4.25);
  EXPECT_LT(sum.bound[0], 0.25 + 0x1p-23 * 4.25);
  EXPECT_GE(sum.bound[1], 0x1p-24 * 2);
  EXPECT_EQ(sum.trivial, (Numbers{3, 0})) << "the old gradient is the answer without information";
}

TEST(Accumulate, RoundsToTheDtypeOfTheGradient) {
  const Tensor before = Tensor::full(DType::float64, {1}, 3);
  const Bounded added{{1}, {1}, {0}, {}};
  Bounded sum;
  accumulate(&before, added, DType::float64, sum);
  EXPECT_GE(sum.bound[0], 0x1p-53 * 4);
  EXPECT_LT(sum.bound[0], 0x1p-50 * 4);
}

// 5 + 3e-7 + 3e-7 in float32, whatever comes first.
TEST(Accumulate, SeveralUsesMayBeAddedOneByOne) {
  const Tensor before = Tensor::full(DType::float32, {1}, 5);
  ParameterGradient added;
  added.expected = {{1}, {6e-7}, {0}, {}};
  Bounded sum;
  accumulate(&before, added, DType::float32, sum);
  const float one_by_one = (5.0f + 3e-7f) + 3e-7f;
  EXPECT_GT(std::abs(one_by_one - sum.value[0]), sum.bound[0]) << "one use: one rounding";
  added.uses = 2;
  added.reach = {6e-7};
  accumulate(&before, added, DType::float32, sum);
  EXPECT_LE(std::abs(one_by_one - sum.value[0]), sum.bound[0]);
  EXPECT_LT(sum.bound[0], 4 * 0x1p-24 * 5);
}

TEST(Accumulate, OfWhatIsNotFiniteOnlyTheClassIsKnown) {
  Tensor before(DType::float32, {2});
  before.set(0, INFINITY);
  const Bounded added{{2}, {1, -2}, {0, 0}, {}};
  Bounded sum;
  accumulate(&before, added, DType::float32, sum);
  EXPECT_EQ(sum.value[0], INFINITY);
  EXPECT_TRUE(std::isnan(sum.bound[0]));
  EXPECT_FALSE(std::isnan(sum.bound[1]));
}

TEST(Accumulate, NearOverflowNotEvenTheClassIsKnown) {
  const Tensor before = Tensor::full(DType::float32, {1}, 0x1p127);
  const Bounded added{{1}, {0x1p127}, {0}, {}};
  Bounded sum;
  accumulate(&before, added, DType::float32, sum);
  EXPECT_LT(sum.bound[0], 0);
}

}  // namespace
}  // namespace normdiff::reference
