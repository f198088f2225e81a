#include "harness/check/comparison.hpp"

#include <gtest/gtest.h>

namespace normdiff {
namespace {

using reference::Comparison;

TEST(VerdictOf, AnElementOutsideItsBoundDecides) {
  EXPECT_EQ(verdict_of({.equal = 900, .within = 99, .outside = 1}), Verdict::diverged);
  EXPECT_EQ(verdict_of({.poisoned = 5, .outside = 1}), Verdict::diverged);
}

TEST(VerdictOf, EqualIsATensorThatIsEqualThroughout) {
  EXPECT_EQ(verdict_of({.equal = 3}), Verdict::equal);
  EXPECT_EQ(verdict_of({}), Verdict::equal) << "without elements";
  EXPECT_EQ(verdict_of({.equal = 3, .within = 1}), Verdict::within_bound);
}

TEST(VerdictOf, ElseTheMostElementsDecideAndEqualOnesAreWithin) {
  EXPECT_EQ(verdict_of({.within = 2, .loose = 3}), Verdict::loose);
  EXPECT_EQ(verdict_of({.equal = 1, .within = 2, .loose = 2}), Verdict::within_bound);
  EXPECT_EQ(verdict_of({.equal = 1, .loose = 2, .ill_conditioned = 3}), Verdict::ill_conditioned);
  EXPECT_EQ(verdict_of({.loose = 1, .ill_conditioned = 2, .poisoned = 3}), Verdict::poisoned);
}

TEST(VerdictOf, AnElementThatTheAlgorithmLostDecidesUnlessOneIsOutside) {
  EXPECT_EQ(verdict_of({.equal = 9, .within = 90, .loose = 1, .lost = 1}),
            Verdict::algorithmic_loss);
  EXPECT_EQ(verdict_of({.loose = 1, .outside = 1, .lost = 1}), Verdict::diverged);
}

TEST(VerdictOf, OfAsManyTheSharperIsTaken) {
  EXPECT_EQ(verdict_of({.within = 2, .loose = 2, .ill_conditioned = 2, .poisoned = 2}),
            Verdict::within_bound);
  EXPECT_EQ(verdict_of({.loose = 2, .ill_conditioned = 2, .poisoned = 2}), Verdict::loose);
  EXPECT_EQ(verdict_of({.ill_conditioned = 2, .poisoned = 2}), Verdict::ill_conditioned);
}

const TensorFacts facts{DType::float64, {2, 3}, true, false, 7};
/// Makes a tensor that has these facts.
ObservedTensor fitting() {
  ObservedTensor tensor;
  tensor.dtype = DType::float64;
  tensor.shape = {2, 3};
  tensor.requires_grad = true;
  tensor.is_leaf = false;
  tensor.storage = 7;
  return tensor;
}

TEST(TensorWith, IsTheOneThatWasObserved) {
  const Value observed{fitting()};
  EXPECT_EQ(tensor_with(facts, &observed), std::get_if<ObservedTensor>(&observed));
}

TEST(TensorWith, AnotherFactIsAnotherTensor) {
  const std::vector<void (*)(ObservedTensor&)> others = {
      [](ObservedTensor& t) { t.dtype = DType::float32; },
      [](ObservedTensor& t) { t.known_dtype = false; },
      [](ObservedTensor& t) {
        t.shape = {3, 2};
      },
      [](ObservedTensor& t) { t.requires_grad = false; },
      [](ObservedTensor& t) { t.is_leaf = true; },
      [](ObservedTensor& t) { t.storage = 8; }};
  for (std::size_t i = 0; i < others.size(); ++i) {
    ObservedTensor tensor = fitting();
    others[i](tensor);
    const Value observed{tensor};
    EXPECT_EQ(tensor_with(facts, &observed), nullptr) << i;
  }
}

TEST(TensorWith, StridesAreNoFact) {
  ObservedTensor tensor = fitting();
  tensor.strides = {1, 2};
  const Value observed{tensor};
  EXPECT_NE(tensor_with(facts, &observed), nullptr);
}

TEST(TensorWith, NothingAndAnythingElseIsNoTensor) {
  EXPECT_EQ(tensor_with(facts, nullptr), nullptr);
  for (const Value& other : {Value{None{}}, Value{true}, Value{1.5}})
    EXPECT_EQ(tensor_with(facts, &other), nullptr);
}

}  // namespace
}  // namespace normdiff
