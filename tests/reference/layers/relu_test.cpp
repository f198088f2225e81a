#include "reference/layers/relu.hpp"

#include <gmock/gmock.h>

#include <limits>

#include "reference/modules/backward.hpp"
#include "tests/reference/modules/runs.hpp"

namespace normdiff::reference {
namespace {

using ::testing::ElementsAre;
using testing::Input;
using testing::leaf;
using testing::make;
using testing::Numbers;
using testing::options;
using testing::run;
using testing::Single;
using testing::single;

constexpr float infinity = std::numeric_limits<float>::infinity();

TEST(ReLU, TakesEveryShapeAndHoldsNothing) {
  for (int rank = 0; rank < 6; ++rank) EXPECT_TRUE(ReLU::takes_rank(rank)) << rank;
  EXPECT_EQ(ReLU{}.out({2, 0, 4}), (Shape{2, 0, 4}));
  EXPECT_EQ(ReLU{}.products({2, 3}, {2, 3}).forward, 0) << "it multiplies nothing";
  EXPECT_FALSE(ReLU{}.keeps(TensorSlot::weight, {}));
}

TEST(ReLU, DoesSomethingInBothModesAndTheSameInBoth) {
  EXPECT_FALSE(ReLU::traits.has_mode);
  EXPECT_FALSE(ReLU::traits.is_view);
  for (const bool training : {true, false}) {
    EXPECT_FALSE(does_nothing(Layer{ReLU{}}, training));
    const Single y = single(ReLU{}, {{-infinity, -1, 0, 2, infinity}, {5, 1}}, training);
    EXPECT_EQ(y.output, (Numbers{0, 0, 0, 2, std::numeric_limits<double>::infinity()}));
    EXPECT_EQ(y.error, (Numbers{0, 0, 0, 0, 0}));
  }
  EXPECT_EQ(run(*make(leaf(ReLU{}))).branch, "relu");
}

TEST(ReLU, MakesATensorOfItsOwnAlsoWhereNothingIsNegative) {
  const Input<float> positive{{1, 2}, {2, 1}};
  const Single y = single(ReLU{}, positive);
  EXPECT_EQ(y.output, (Numbers{1, 2}));
  EXPECT_TRUE(y.requires_grad && !y.is_leaf);
  const Single without = single(ReLU{}, positive, true, false);
  EXPECT_FALSE(without.requires_grad);
  EXPECT_TRUE(without.is_leaf);
}

TEST(ReLU, ItsBackwardPassesWhatIsPositiveAndNeedsTheInputThatItSaved) {
  const ModulePtr act = make(leaf(ReLU{}));
  const Input<float> x{{-1, 0, 3}, {3, 1}};
  const Input<float> upstream{{5, 6, 7}, {3, 1}};
  ForwardOptions o = options();
  o.input_requires_grad = true;
  ForwardPass forward;
  Tape tape;
  forward.run(*act, x.activation(), o, {}, &tape);
  BackwardPass backward;
  std::vector<std::string> branches;
  backward.run(tape, upstream.values(),
               [&branches](int, const InputGradient& gradient) -> std::optional<Values> {
                 branches.emplace_back(gradient.branch());
                 return std::nullopt;
               });
  ASSERT_NE(backward.input(), nullptr);
  EXPECT_EQ(backward.input()->value, (Numbers{0, 0, 7}));
  EXPECT_EQ(backward.input()->shape, (Shape{3, 1}));
  EXPECT_THAT(branches, ElementsAre("backward, relu"));
  backward.run(tape, upstream.values(), {});
  ASSERT_TRUE(backward.refusal());
  EXPECT_EQ(backward.refusal()->kind, ErrorKind::graph_freed);
}

}  // namespace
}  // namespace normdiff::reference
