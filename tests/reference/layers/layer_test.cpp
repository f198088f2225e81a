#include "reference/layers/layer.hpp"

#include <gmock/gmock.h>

namespace normdiff::reference {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ModuleKind, IsSpelledAsInTorchNn) {
  for (const ModuleKind kind : all_of<ModuleKind>) {
    EXPECT_EQ(named<ModuleKind>(to_string(kind)), kind);
    EXPECT_EQ(kind_in(make_layer(kind)), kind);
  }
  EXPECT_EQ(to_string(kind_of<BatchNorm<2>>), "BatchNorm2d");
  EXPECT_EQ(to_string(kind_of<Conv<2>>), "Conv2d");
  EXPECT_EQ(to_string(kind_of<Conv<3>>), "Conv3d");
  EXPECT_EQ(named<ModuleKind>("batchnorm2d"), std::nullopt);
  EXPECT_EQ(named<ModuleKind>(""), std::nullopt);
}

TEST(Layer, IsABatchNormOfOneToThreeDimensionsOrNone) {
  EXPECT_TRUE(is_batch_norm(BatchNorm<1>{}));
  EXPECT_TRUE(is_batch_norm(BatchNorm<2>{}));
  EXPECT_TRUE(is_batch_norm(BatchNorm<3>{}));
  int count = 0;
  for (const ModuleKind kind : all_of<ModuleKind>) count += is_batch_norm(make_layer(kind));
  EXPECT_EQ(count, 3);
}

TEST(Layer, HoldsTheTensorsThatItsOptionsAskFor) {
  const auto slots = [](const Layer& layer) {
    std::vector<TensorSlot> list;
    visit_tensors(layer, [&list](const FreshTensor& fresh) { list.push_back(fresh.slot); });
    return list;
  };
  EXPECT_THAT(slots(BatchNorm<2>{{3, 1e-5, 0.1, false, true}}),
              ElementsAre(TensorSlot::running_mean, TensorSlot::running_var,
                          TensorSlot::num_batches_tracked));
  EXPECT_THAT(slots(Linear{2, 1, false}), ElementsAre(TensorSlot::weight));
  EXPECT_THAT(slots(ReLU{}), IsEmpty());
  const auto fresh = fresh_tensor(BatchNorm<2>{{3}}, TensorSlot::running_var);
  ASSERT_TRUE(fresh);
  EXPECT_EQ(fresh->shape, Shape{3});
  EXPECT_EQ(fresh->fill, Fill::ones);
  EXPECT_FALSE(fresh_tensor(Linear{2, 1, false}, TensorSlot::bias));
}

TEST(Layer, DoesNothingInTheModesItSays) {
  EXPECT_TRUE(does_nothing(Identity{}, true));
  EXPECT_TRUE(does_nothing(Dropout{1}, false));
  EXPECT_FALSE(does_nothing(Dropout{1}, true));
  EXPECT_TRUE(does_nothing(Dropout{0}, true));
  EXPECT_FALSE(does_nothing(Flatten{}, false)) << "only of an input that is flat";
}

TEST(Layer, SaysWhichArgumentsCannotBeTogether) {
  EXPECT_FALSE(argument_problem(Linear{}));
  EXPECT_FALSE(argument_problem(Conv<2>{{4, 2, 1, 1, 0, true, 2}}));
  const auto inputs = argument_problem(Conv<2>{{3, 2, 1, 1, 0, true, 2}});
  ASSERT_TRUE(inputs);
  EXPECT_EQ(inputs->argument, "groups");
  EXPECT_THAT(inputs->sentence, HasSubstr("2 does not divide in_channels, 3"));
  const auto outputs = argument_problem(Conv<2>{{2, 3, 1, 1, 0, true, 2}});
  ASSERT_TRUE(outputs);
  EXPECT_THAT(outputs->sentence, HasSubstr("2 does not divide out_channels, 3"));
}

/// What every layer says of itself must agree: a tensor is of a slot that it lists.
TEST(Layer, ListsEverySlotThatItMayHold) {
  for (const ModuleKind kind : all_of<ModuleKind>)
    std::visit(
        [](const auto& x) {
          x.tensors([&x](TensorSlot slot, const Shape&, Fill) {
            EXPECT_NE(std::find(x.slots.begin(), x.slots.end(), slot), x.slots.end())
                << x.name << " does not list " << to_string(slot);
          });
        },
        make_layer(kind));
}

}  // namespace
}  // namespace normdiff::reference
