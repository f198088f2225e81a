#include <gmock/gmock.h>

#include "tests/harness/check/checked.hpp"

namespace normdiff {
namespace {

using testing::check;
using testing::Checked;
using ::testing::ElementsAre;
using testing::ToldSubject;

constexpr const char* shared =
    "bn = BatchNorm2d(2)\n"
    "net = Sequential(a=bn, b=bn)\n"
    "s = torch.jit.script(net)\n"
    "x = tensor(2, 2, 2, 2, normal(0, 1))\n"
    "y = s(x)\n"
    "backward(y, normal(0, 1))\n"
    "s.a.eval()\n"
    "z = s(x)\n";

TEST(Scan, AChildThatBecameTwoIsFoundOnceAndFollowed) {
  ToldSubject subject(shared);
  subject.after[2] = [](ToldSubject& self) { self.split("s"); };
  const Checked checked = check(subject);
  ASSERT_EQ(checked.judged.size(), 1u) << ::testing::PrintToString(checked.discrepancies());
  EXPECT_THAT(checked.signatures,
              ElementsAre("textbook/torch.jit.script/BatchNorm2d//sharing:identity/diverged"));
  EXPECT_EQ(checked.judged[0].key, subject.key("s", "b", Slot::identity));
}

/// A mean of the script that gets memory of its own after `step`.
void expect_unshared(const std::string& text, int step) {
  ToldSubject subject(text);
  subject.after[step] = [](ToldSubject& self) {
    auto& mean = self.module("s", "a")[TensorSlot::running_mean];
    mean = mean->clone();
  };
  const Checked checked = check(subject);
  EXPECT_FALSE(checked.judged.empty());
  for (const Judged& judged : checked.judged) {
    EXPECT_EQ(judged.step, step);
    EXPECT_EQ(judged.key.slot, Slot::running_mean);
  }
}

TEST(Scan, TensorsThatStoppedBeingSharedAreFoundOnceAndFollowed) {
  expect_unshared(shared, 2);
}

TEST(Scan, TensorsThatBecameSharedAreFoundOnceAndFollowed) {
  ToldSubject subject(
      "net = Sequential(a=BatchNorm2d(2), b=BatchNorm2d(2))\n"
      "c = copy.deepcopy(net)\n"
      "x = tensor(2, 2, 2, 2, normal(0, 1))\n"
      "y = c(x)\n");
  subject.after[1] = [](ToldSubject& self) {
    self.module("c", "a").parameters[0] = self.module("net", "a").parameters[0];
  };
  const Checked checked = check(subject);
  ASSERT_EQ(checked.judged.size(), 1u);
  EXPECT_EQ(checked.judged[0].key, subject.key("c", "a", Slot::weight));
  EXPECT_EQ(checked.judged[0].step, 1);
}

TEST(Scan, AParameterThatCeasedToRequireAGradientIsFoundOnceAndFollowed) {
  ToldSubject subject(
      "net = BatchNorm2d(2)\n"
      "x = tensor(2, 2, 2, 2, normal(0, 1))\n"
      "y = net(x)\n"
      "z = net(x)\n"
      "backward(z, normal(0, 1))\n");
  subject.after[2] = [](ToldSubject& self) {
    self.module("net").parameters[0]->requires_grad = false;
  };
  const Checked checked = check(subject);
  ASSERT_EQ(checked.judged.size(), 1u) << ::testing::PrintToString(checked.discrepancies());
  EXPECT_EQ(checked.judged[0].key, subject.key("net", "", Slot::weight));
  EXPECT_EQ(checked.judged[0].step, 2);
}

TEST(Scan, InALargeWorldSharingIsHeldToItAlike) {
  std::string large = "large = Sequential(";
  for (int i = 0; i < 70; ++i) large += i == 0 ? "BatchNorm2d(2)" : ", BatchNorm2d(2)";
  const std::string text = large + ")\n" + shared;
  ToldSubject right(text);
  EXPECT_TRUE(check(right).judged.empty());
  expect_unshared(text, 3);
  ToldSubject became(text);
  became.after[1] = [](ToldSubject& self) {
    self.module("bn", "").parameters[0] = self.module("large", "69").parameters[0];
  };
  const Checked together = check(became);
  ASSERT_EQ(together.judged.size(), 1u);
  EXPECT_EQ(together.judged[0].key, became.key("bn", "", Slot::weight));
  EXPECT_EQ(together.judged[0].step, 1);
}

TEST(Scan, ATensorThatCameOrWentIsFoundOnceAndFollowed) {
  ToldSubject subject(
      "net = Sequential(a=BatchNorm2d(2, affine=False))\n"
      "net.eval()\n"
      "x = tensor(2, 2, 2, 2, normal(0, 1))\n"
      "y = net(x)\n");
  subject.after[1] = [](ToldSubject& self) {
    self.module("net", "a")[TensorSlot::weight] = reference::Tensor::full(DType::float32, {2}, 3);
  };
  Checked checked = check(subject);
  ASSERT_EQ(checked.judged.size(), 1u);
  EXPECT_EQ(checked.judged[0].expected, "None");
  ToldSubject loses("net = BatchNorm2d(2)\nnet.eval()\nnet.train()\n");
  loses.after[1] = [](ToldSubject& self) { self.module("net")[TensorSlot::bias].reset(); };
  checked = check(loses);
  ASSERT_EQ(checked.judged.size(), 1u);
  EXPECT_EQ(checked.judged[0].observed, "None");
}

}  // namespace
}  // namespace normdiff
