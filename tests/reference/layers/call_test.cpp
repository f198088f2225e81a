#include "reference/layers/call.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "tests/reference/modules/runs.hpp"

namespace normdiff::reference {
namespace {

using ::testing::ElementsAre;
using testing::Input;
using ::testing::IsEmpty;
using testing::Numbers;
using ::testing::SizeIs;

// --- The statistics that a pass has moved
// ---------------------------------------------------------

TEST(StatisticUpdates, KeepOneForEachMemoryInTheOrderOfTheirFirstUpdate) {
  const Tensor a(DType::float32, {1});
  const Tensor b(DType::float32, {1});
  const Tensor of_the_memory_of_a = a;
  StatisticUpdates updates;
  updates.of(a).value = {1};
  updates.of(b).value = {2};
  EXPECT_EQ(updates.of(of_the_memory_of_a).value, Numbers{1});
  ASSERT_THAT(updates.list(), SizeIs(2));
  EXPECT_EQ(updates.list()[0].storage, a.storage());
  EXPECT_EQ(updates.list()[1].storage, b.storage());
}

TEST(StatisticUpdates, AreEmptyAtFirstInEveryPass) {
  const Tensor a(DType::float32, {2});
  StatisticUpdates updates;
  for (int pass = 0; pass < 2; ++pass) {
    EXPECT_THAT(updates.list(), IsEmpty());
    Bounded& update = updates.of(a);
    EXPECT_THAT(update.value, IsEmpty());
    EXPECT_THAT(update.bound, IsEmpty());
    update.value = {1, 2};
    update.bound = {0.5, 0.5};
    updates.clear();
  }
}

// --- One call in a forward
// ------------------------------------------------------------------------

/// A call of a layer with an input of two elements, each known to within something.
struct Given {
  std::vector<double> elements = {3, 4};
  std::vector<double> error = {0.25, -1};
  Activation input{{elements.data(), DType::float64, {2, 1}, error.data()}, DType::float64, {}};
  SlotTensors tensors;
  ForwardOptions options;
  StatisticUpdates updates;
  std::vector<Refusal> refusals;
  std::size_t gone_past = 0;
  Unchecked left_out;
  Bounded stored;
  BatchNormForward batch_norm;
  LayerCall call{.input = input,
                 .tensors = tensors,
                 .options = options,
                 .training = true,
                 .traced = false,
                 .baked = {},
                 .norms_behind = nullptr,
                 .folded = {},
                 .updates = updates,
                 .refusals = refusals,
                 .gone_past = gone_past,
                 .left_out = left_out,
                 .stored = stored,
                 .batch_norm = batch_norm};
};

TEST(LayerCall, ATensorThatIsThereMayDifferFromTheInputInDtype) {
  Given given;
  given.tensors[TensorSlot::weight] = Tensor(DType::float32, {1});
  given.tensors[TensorSlot::running_mean] = Tensor(DType::float64, {1});
  EXPECT_TRUE(given.call.differs(TensorSlot::weight));
  EXPECT_FALSE(given.call.differs(TensorSlot::running_mean));
  EXPECT_FALSE(given.call.differs(TensorSlot::bias));
  EXPECT_EQ(given.call.find(TensorSlot::bias), nullptr);
}

TEST(LayerCall, IsRefusedByWhatItDidNotGoPast) {
  Given given;
  EXPECT_FALSE(given.call.is_refused());
  given.call.refuse(ErrorKind::bad_eps, "0 in training");
  EXPECT_TRUE(given.call.is_refused());
  given.gone_past = 1;
  EXPECT_FALSE(given.call.is_refused());
  given.call.refuse(ErrorKind::wrong_rank, "three dimensions");
  EXPECT_TRUE(given.call.is_refused());
}

TEST(GiveInput, TheOutputIsTheInputWithItsErrorsAndNothingIsSaved) {
  Given given;
  give_input(given.call);
  EXPECT_TRUE(given.call.gives_input);
  EXPECT_TRUE(given.call.saves_nothing);
  EXPECT_FALSE(given.call.in_batch_norm);
  EXPECT_EQ(given.call.output, (Shape{2, 1}));
  EXPECT_EQ(given.call.profile.dtype, DType::float64);
  EXPECT_EQ(given.stored.shape, (Shape{2, 1}));
  EXPECT_EQ(given.stored.value, given.elements);
  EXPECT_EQ(given.stored.bound, given.error) << "-1: not even the class is known";
}

// --- One call in a backward
// -----------------------------------------------------------------------

TEST(GiveUpstream, TheGradientHasTheShapeOfTheInput) {
  const Input<float> x{{1, 2, 3, 4}, {2, 2}};
  const Input<float> upstream{{5, 6, 7, 8}, {4}};
  SavedCall call;
  call.input = x.activation();
  BatchNormForward forward;
  BatchNormBackward backward;
  Bounded input;
  LayerGradient gradient{.call = call,
                         .upstream = upstream.values(),
                         .profile = {},
                         .input = &input,
                         .parameters = {},
                         .batch_norm = forward,
                         .batch_norm_backward = backward};
  give_upstream(gradient);
  EXPECT_EQ(input.shape, (Shape{2, 2}));
  EXPECT_EQ(input.value, (Numbers{5, 6, 7, 8}));
  input = {};
  gradient.input = nullptr;
  give_upstream(gradient);
  EXPECT_THAT(input.value, IsEmpty()) << "not required";
}

TEST(Reshape, ABufferForgetsWhatItHeld) {
  Bounded out{{1}, {9}, {9}, {9}, {true}};
  const Input<float> x{{1, 2}, {2}};
  reshape(x.values(), {1, 2}, out);
  EXPECT_EQ(out.shape, (Shape{1, 2}));
  EXPECT_EQ(out.value, (Numbers{1, 2}));
  EXPECT_EQ(out.bound, (Numbers{0, 0})) << "without errors they are exact";
  EXPECT_THAT(out.trivial, IsEmpty());
  EXPECT_TRUE(out.weak.empty());
  const Numbers error = {0.5, std::nan("")};
  reshape({x.elements.data(), DType::float32, {2}, error.data()}, {2}, out);
  EXPECT_THAT(out.bound, ElementsAre(0.5, ::testing::IsNan()));
}

}  // namespace
}  // namespace normdiff::reference
