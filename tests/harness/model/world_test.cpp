#include "harness/model/world.hpp"

#include <gtest/gtest.h>

#include "tests/reference/modules/trees.hpp"

namespace normdiff {
namespace {

using reference::Module;
using reference::testing::make;
using reference::testing::norm;
using reference::testing::sequential;

/// Name 0: a tree with one batch norm in two places; name 1: a script of it; name 2: a tensor.
World small_world() {
  World world;
  world.reset(4);
  const auto bn = norm(2);
  Live& net = world.define(0, NameKind::module);
  net.root = make(sequential({{"a", bn}, {"b", bn}}));
  net.places = reference::places(*net.root);
  Live& script = world.define(1, NameKind::script);
  script.root = reference::script(*world.names[0].root);
  script.places = reference::places(*script.root);
  world.define(2, NameKind::tensor).grad = reference::Tensor(DType::float32, {2});
  return world;
}

TEST(World, TensorSlotsAreThoseOfTheModule) {
  Module module;
  EXPECT_EQ(tensor_of(module, Slot::weight), &module.tensor(TensorSlot::weight));
  EXPECT_EQ(tensor_of(module, Slot::num_batches_tracked),
            &module.tensor(TensorSlot::num_batches_tracked));
  EXPECT_EQ(tensor_of(module, Slot::weight_grad), &module.grads[0]);
  EXPECT_EQ(tensor_of(module, Slot::bias_grad), &module.grads[1]);
  EXPECT_EQ(tensor_of(module, Slot::training), nullptr);
  EXPECT_EQ(tensor_of(module, Slot::grad), nullptr);
}

TEST(World, FirstPlacesAndTensorsAreInOrderOfDefinition) {
  World world = small_world();
  const auto& places = world.names[0].places;
  EXPECT_EQ(world.first_place(places[2]), (Key{0, 1, Slot::identity}.packed()));
  EXPECT_EQ(world.first_place(world.names[1].places[2]), (Key{1, 1, Slot::identity}.packed()));
  EXPECT_EQ(world.first_tensor(world.names[1].places[1]->find(TensorSlot::bias)->storage()),
            (Key{0, 1, Slot::bias}.packed()));
  EXPECT_EQ(world.first_tensor(world.names[2].grad->storage()), (Key{2, 0, Slot::grad}.packed()));
  const Module stranger;
  EXPECT_EQ(world.first_place(&stranger), nowhere);
  EXPECT_EQ(world.first_tensor(nullptr), nowhere);
}

TEST(World, AGradientBelongsToTheTensorWhoeverHoldsIt) {
  World world = small_world();
  const reference::Tensor grad = reference::Tensor::full(DType::float32, {2}, 3);
  const Module& eager = *world.names[0].places[1];
  const Module& scripted = *world.names[1].places[1];
  world.set_grad(eager.find(TensorSlot::weight)->storage(), grad);
  EXPECT_EQ(scripted.grads[0]->storage(), grad.storage());
  EXPECT_FALSE(scripted.grads[1]);
  world.set_grad(eager.find(TensorSlot::weight)->storage(), std::nullopt);
  EXPECT_FALSE(scripted.grads[0]);
}

TEST(World, AParameterIsVisitedInEachOfItsPlaces) {
  World world = small_world();
  std::vector<const Module*> visited;
  const auto* weight = world.names[0].places[1]->find(TensorSlot::weight);
  world.each_place_of(weight->storage(), [&](Module& module, TensorSlot slot) {
    EXPECT_EQ(slot, TensorSlot::weight);
    visited.push_back(&module);
  });
  const auto& net = world.names[0].places;
  const auto& script = world.names[1].places;
  EXPECT_EQ(visited, (std::vector<const Module*>{net[1], net[2], script[1], script[2]}));
}

TEST(World, ACopySharesNothingOutsideAndAllInside) {
  World world = small_world();
  World copy = world.copy();
  const Module* bn = copy.names[0].places[1];
  EXPECT_NE(bn, world.names[0].places[1]);
  EXPECT_EQ(bn, copy.names[0].places[2]);
  EXPECT_NE(bn->find(TensorSlot::weight)->storage(),
            world.names[0].places[1]->find(TensorSlot::weight)->storage());
  EXPECT_EQ(bn->find(TensorSlot::weight)->storage(),
            copy.names[1].places[1]->find(TensorSlot::weight)->storage());
  EXPECT_NE(copy.names[2].grad->storage(), world.names[2].grad->storage());
  reference::train(*copy.names[0].root, false);
  EXPECT_TRUE(world.names[0].places[1]->training);
}

TEST(World, AGraphOfACopyGoesOnInTheCopy) {
  World world;
  world.reset(2);
  world.define(0, NameKind::result).tape = std::make_shared<reference::Tape>();
  world.define(1, NameKind::result).tape = std::make_shared<reference::Tape>();
  world.names[1].tape->before = world.names[0].tape;
  const World copy = world.copy();
  EXPECT_EQ(copy.names[1].tape->before, copy.names[0].tape);
  EXPECT_NE(copy.names[0].tape, world.names[0].tape);
}

TEST(World, NamesComeAndGo) {
  World world = small_world();
  EXPECT_TRUE(world.is_live(2));
  world.forget(2);
  world.forget(3);
  EXPECT_FALSE(world.is_live(2));
  EXPECT_EQ(world.order, (std::vector<NameId>{0, 1}));
  world.reset(2);
  EXPECT_TRUE(world.order.empty());
  EXPECT_FALSE(world.is_live(0));
}

TEST(LayoutOf, LooksAtDimensionsThatHaveMoreThanOneElement) {
  EXPECT_EQ(layout_of({2, 3, 4, 5}, {60, 20, 5, 1}), Layout::contiguous);
  EXPECT_EQ(layout_of({2, 3, 4, 5}, {60, 1, 15, 3}), Layout::channels_last);
  EXPECT_EQ(layout_of({2, 3, 4, 5}, {120, 40, 10, 2}), Layout::strided);
  EXPECT_EQ(layout_of({2, 3, 1, 1}, {3, 1, 7, 7}), Layout::contiguous);
  EXPECT_EQ(layout_of({2, 3, 2, 2, 2}, {24, 1, 12, 6, 3}), Layout::channels_last);
  EXPECT_EQ(layout_of({0, 3}, {9, 9}), Layout::contiguous);
  EXPECT_EQ(layout_of({3, 2}, {1, 3}), Layout::strided);
  EXPECT_EQ(layout_of({}, {}), Layout::contiguous);
}

}  // namespace
}  // namespace normdiff
