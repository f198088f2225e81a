#include "reference/modules/module.hpp"

#include <gmock/gmock.h>

#include "tests/reference/modules/trees.hpp"

namespace normdiff::reference {
namespace {

using testing::elements;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::leaf;
using testing::make;
using testing::norm;
using testing::sequential;

using Numbers = std::vector<double>;

std::vector<std::string> keys(const Module& root) {
  std::vector<std::string> list;
  for (const auto& [key, tensor] : state_dict(root)) list.push_back(key);
  return list;
}

TEST(Construct, ABatchNormHasTheDocumentedInitialValues) {
  const ModulePtr bn = make(norm(2));
  EXPECT_TRUE(bn->training);
  EXPECT_EQ(elements(bn->tensor(TensorSlot::weight)), (Numbers{1, 1}));
  EXPECT_EQ(elements(bn->tensor(TensorSlot::bias)), (Numbers{0, 0}));
  EXPECT_EQ(elements(bn->tensor(TensorSlot::running_mean)), (Numbers{0, 0}));
  EXPECT_EQ(elements(bn->tensor(TensorSlot::running_var)), (Numbers{1, 1}));
  EXPECT_EQ(elements(bn->tensor(TensorSlot::num_batches_tracked)), Numbers{0});
  EXPECT_EQ(bn->find(TensorSlot::num_batches_tracked)->dtype(), DType::int64);
  EXPECT_EQ(bn->find(TensorSlot::num_batches_tracked)->shape(), Shape{});
  EXPECT_EQ(bn->find(TensorSlot::running_mean)->dtype(), DType::float32);
  EXPECT_FALSE(bn->grads[0] || bn->grads[1]);
}

TEST(Construct, WithoutAffineOrTrackingThereAreNoTensors) {
  BatchNormOptions options;
  options.affine = false;
  EXPECT_THAT(keys(*make(norm(options))),
              ElementsAre("running_mean", "running_var", "num_batches_tracked"));
  options.track_running_stats = false;
  EXPECT_THAT(keys(*make(norm(options))), IsEmpty());
  options.affine = true;
  EXPECT_THAT(keys(*make(norm(options))), ElementsAre("weight", "bias"));
}

TEST(Construct, ConvolutionsAndLinearLayersHaveParametersOfTheirShapes) {
  const ModulePtr conv = make(leaf(Conv<2>{{3, 2, 5, 1, 0, true}}));
  EXPECT_EQ(conv->find(TensorSlot::weight)->shape(), (Shape{2, 3, 5, 5}));
  EXPECT_EQ(conv->find(TensorSlot::bias)->shape(), (Shape{2}));
  const ModulePtr linear = make(leaf(Linear{4, 3, false}));
  EXPECT_EQ(linear->find(TensorSlot::weight)->shape(), (Shape{3, 4}));
  EXPECT_EQ(linear->find(TensorSlot::bias), nullptr);
  EXPECT_THAT(keys(*make(leaf(ReLU{}))), IsEmpty());
}

TEST(Construct, ASpecSeenBeforeIsTheModuleMadeThen) {
  const auto bn = norm();
  Made made;
  const ModulePtr a = construct(*sequential({{"x", bn}, {"y", bn}}), made);
  const ModulePtr alone = construct(*bn, made);
  EXPECT_EQ(a->children[0].second, a->children[1].second);
  EXPECT_EQ(a->children[0].second, alone);
  EXPECT_NE(make(bn), alone);
}

TEST(Train, SetsTheFlagOfTheWholeSubtreeAndOfNothingElse) {
  const ModulePtr net = make(sequential({{"a", sequential({{"bn", norm()}})}, {"b", norm()}}));
  train(*net->children[0].second, false);
  EXPECT_TRUE(net->training);
  EXPECT_FALSE(net->children[0].second->training);
  EXPECT_FALSE(net->children[0].second->children[0].second->training);
  EXPECT_TRUE(net->children[1].second->training);
  train(*net, true);
  for (const Module* module : places(*net)) EXPECT_TRUE(module->training);
}

TEST(Train, ASharedChildHasOneFlag) {
  const auto bn = norm();
  const ModulePtr net = make(sequential({{"a", sequential({{"x", bn}})}, {"b", bn}}));
  train(*net->children[0].second, false);
  EXPECT_FALSE(net->children[1].second->training);
  const std::vector<Module*> list = places(*net);
  ASSERT_EQ(list.size(), 4u);
  EXPECT_EQ(list[2], list[3]);
}

TEST(DeepCopy, CopiesFlagsOptionsAndValuesAndSharesNothing) {
  const ModulePtr net = make(sequential({{"bn", norm(2)}}));
  Module& bn = *net->children[0].second;
  bn.training = false;
  bn.norm().momentum.reset();
  bn.tensor(TensorSlot::running_mean)->set(1, 7);
  const ModulePtr copy = deepcopy(*net);
  Module& copied = *copy->children[0].second;
  EXPECT_TRUE(copy->training);
  EXPECT_FALSE(copied.training);
  EXPECT_EQ(copied.norm().momentum, std::nullopt);
  EXPECT_EQ(elements(copied.tensor(TensorSlot::running_mean)), (Numbers{0, 7}));
  copied.tensor(TensorSlot::running_mean)->set(1, 8);
  train(*copy, true);
  EXPECT_EQ(elements(bn.tensor(TensorSlot::running_mean)), (Numbers{0, 7}));
  EXPECT_FALSE(bn.training);
}

TEST(DeepCopy, KeepsWhatIsSharedInside) {
  const auto shared = norm();
  const ModulePtr net = make(sequential({{"a", shared}, {"b", shared}, {"c", norm()}}));
  net->children[2].second->tensor(TensorSlot::weight) =
      net->children[0].second->tensor(TensorSlot::weight);
  const ModulePtr copy = deepcopy(*net);
  const auto child = [&copy](std::size_t i) { return copy->children[i].second; };
  EXPECT_EQ(child(0), child(1));
  EXPECT_NE(child(0), child(2));
  EXPECT_EQ(child(0)->find(TensorSlot::weight)->storage(),
            child(2)->find(TensorSlot::weight)->storage());
  EXPECT_NE(child(0)->find(TensorSlot::weight)->storage(),
            net->children[0].second->find(TensorSlot::weight)->storage());
  EXPECT_NE(child(0)->find(TensorSlot::bias)->storage(),
            child(2)->find(TensorSlot::bias)->storage());
}

TEST(DeepCopy, HasNoGradients) {
  const ModulePtr bn = make(norm());
  bn->grads[0] = Tensor(DType::float32, {1});
  EXPECT_FALSE(deepcopy(*bn)->grads[0]);
  EXPECT_TRUE(bn->grads[0]);
}

TEST(DeepCopy, RequiresGradientsWhereTheOriginalDoes) {
  const ModulePtr bn = make(norm());
  bn->requires_grad = {true, false};
  EXPECT_EQ(deepcopy(*bn)->requires_grad, (ParameterFlags{true, false}));
}

TEST(ResetRunningStats, RestoresTheFreshValuesInPlace) {
  const ModulePtr bn = make(norm(2));
  const Storage* mean = bn->find(TensorSlot::running_mean)->storage();
  bn->tensor(TensorSlot::running_mean)->set(0, 3);
  bn->tensor(TensorSlot::running_var)->set(1, 3);
  bn->tensor(TensorSlot::num_batches_tracked)->set(0, 3);
  bn->tensor(TensorSlot::weight)->set(0, 3);
  (void)reset_running_stats(*bn);
  EXPECT_EQ(elements(bn->tensor(TensorSlot::running_mean)), (Numbers{0, 0}));
  EXPECT_EQ(elements(bn->tensor(TensorSlot::running_var)), (Numbers{1, 1}));
  EXPECT_EQ(elements(bn->tensor(TensorSlot::num_batches_tracked)), Numbers{0});
  EXPECT_EQ(elements(bn->tensor(TensorSlot::weight)), (Numbers{3, 1}));
  EXPECT_EQ(bn->find(TensorSlot::running_mean)->storage(), mean);
}

TEST(To, CastsWhatIsFloatingPointAndKeepsTheCounter) {
  const ModulePtr net = make(sequential({{"bn", norm()}}));
  Module& bn = *net->children[0].second;
  bn.grads[0] = Tensor::full(DType::float32, {1}, 0.5);
  bn.tensor(TensorSlot::num_batches_tracked)->set(0, 5);
  to(*net, DType::float64);
  for (TensorSlot slot :
       {TensorSlot::weight, TensorSlot::bias, TensorSlot::running_mean, TensorSlot::running_var})
    EXPECT_EQ(bn.find(slot)->dtype(), DType::float64) << to_string(slot);
  EXPECT_EQ(bn.grads[0]->dtype(), DType::float64);
  EXPECT_EQ(elements(bn.grads[0]), Numbers{0.5});
  EXPECT_EQ(bn.find(TensorSlot::num_batches_tracked)->dtype(), DType::int64);
  EXPECT_EQ(elements(bn.tensor(TensorSlot::num_batches_tracked)), Numbers{5});
}

TEST(To, RoundsOnceAndTheSameDtypeChangesNothing) {
  const ModulePtr bn = make(norm());
  to(*bn, DType::float64);
  bn->tensor(TensorSlot::weight)->set(0, 0.1);
  const Storage* before = bn->find(TensorSlot::weight)->storage();
  to(*bn, DType::float64);
  EXPECT_EQ(bn->find(TensorSlot::weight)->storage(), before);
  to(*bn, DType::float32);
  EXPECT_EQ(bn->find(TensorSlot::weight)->at(0), static_cast<double>(0.1f));
}

TEST(ZeroGrad, MakesEveryGradientNone) {
  const ModulePtr net = make(sequential({{"bn", norm()}}));
  net->children[0].second->grads[1] = Tensor(DType::float32, {1});
  zero_grad(*net);
  EXPECT_FALSE(net->children[0].second->grads[1]);
}

TEST(StateDict, HasAKeyForEveryTensorUnderEveryName) {
  const auto bn = norm();
  const ModulePtr net = make(
      sequential({{"a", sequential({{"bn", bn}})}, {"fc", leaf(Linear{1, 1, true})}, {"b", bn}}));
  EXPECT_THAT(keys(*net),
              ElementsAre("a.bn.weight", "a.bn.bias", "a.bn.running_mean", "a.bn.running_var",
                          "a.bn.num_batches_tracked", "fc.weight", "fc.bias", "b.weight", "b.bias",
                          "b.running_mean", "b.running_var", "b.num_batches_tracked"));
  const auto state = state_dict(*net);
  EXPECT_EQ(state[0].second.storage(), state[7].second.storage());
}

TEST(LoadStateDict, CopiesValuesIntoTheTensorsThatAreThere) {
  const ModulePtr from = make(norm(2));
  to(*from, DType::float64);
  from->tensor(TensorSlot::running_var)->set(1, 0.1);
  from->tensor(TensorSlot::num_batches_tracked)->set(0, 4);
  from->training = false;
  const ModulePtr into = make(norm(2));
  const Storage* before = into->find(TensorSlot::running_var)->storage();
  EXPECT_TRUE(load_state_dict(*into, state_dict(*from)).empty());
  EXPECT_EQ(into->find(TensorSlot::running_var)->storage(), before);
  EXPECT_EQ(into->find(TensorSlot::running_var)->dtype(), DType::float32);
  EXPECT_EQ(elements(into->tensor(TensorSlot::running_var)),
            (Numbers{1, static_cast<double>(0.1f)}));
  EXPECT_EQ(elements(into->tensor(TensorSlot::num_batches_tracked)), Numbers{4});
  EXPECT_TRUE(into->training) << "a state dict has no flags";
}

TEST(LoadStateDict, RefusesKeysThatAreMissingOrTooManyAndShapesThatDiffer) {
  const ModulePtr one = make(norm(2));
  BatchNormOptions plain;
  plain.num_features = 2;
  plain.affine = false;
  const ModulePtr less = make(norm(plain));
  const ModulePtr wider = make(norm(3));
  using Kinds = std::vector<ErrorKind>;
  const auto refused = [](const ModulePtr& into, const ModulePtr& from) {
    Kinds kinds;
    for (const Refusal& refusal : load_state_dict(*into, state_dict(*from)))
      kinds.push_back(refusal.kind);
    return kinds;
  };
  EXPECT_EQ(refused(one, less), Kinds{ErrorKind::state_keys});
  EXPECT_EQ(refused(less, one), Kinds{ErrorKind::state_keys});
  EXPECT_EQ(refused(one, wider), Kinds{ErrorKind::state_shape});
  EXPECT_EQ(refused(less, wider), (Kinds{ErrorKind::state_keys, ErrorKind::state_shape}));
  EXPECT_EQ(refused(make(sequential({})), one), Kinds{ErrorKind::state_keys});
  EXPECT_EQ(refused(make(sequential({})), make(sequential({}))), Kinds{});
}

TEST(LoadStateDict, WhatFitsIsCopiedAlthoughTheLoadIsRefused) {
  const ModulePtr from = make(norm(3));
  from->tensor(TensorSlot::num_batches_tracked)->set(0, 9);
  const ModulePtr into = make(norm(2));
  EXPECT_FALSE(load_state_dict(*into, state_dict(*from)).empty());
  EXPECT_EQ(elements(into->tensor(TensorSlot::num_batches_tracked)), Numbers{9});
}

TEST(LoadStateDict, WithoutElementsThereIsNothingToCopy) {
  EXPECT_TRUE(load_state_dict(*make(norm(0)), state_dict(*make(norm(0)))).empty());
}

}  // namespace
}  // namespace normdiff::reference
