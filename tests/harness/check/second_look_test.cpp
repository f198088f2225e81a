#include "harness/check/second_look.hpp"

#include <gmock/gmock.h>

#include "tests/harness/check/checked.hpp"

// A stable implementation is judged by two bounds: outside the proven one it is wrong, between the
// two it is improbable.
namespace normdiff {
namespace {

using reference::Kernels;
using testing::check;
using testing::Checked;
using testing::ToldSubject;

/// A subject whose running mean is off by so much after a forward of 2,048 values for each channel,
/// 200 spreads from 0.
Checked off_by(double error, Kernels kernels) {
  ToldSubject subject(
      "bn = BatchNorm2d(2)\n"
      "x = tensor(2, 2, 32, 32, offset(100, 0.5), seed=1)\n"
      "y = bn(x)\n");
  subject.manifest.kernels = kernels;
  subject.after[2] = [error](ToldSubject& self) {
    reference::Tensor& mean = *self.module("bn")[TensorSlot::running_mean];
    mean.set(0, mean.at(0) + error);
  };
  CheckOptions everything;
  everything.keep_everything = true;
  return check(subject, everything);
}

/// The verdict on the running mean after the forward.
Verdict verdict(const Checked& checked) {
  for (const Judged& judged : checked.judged)
    if (judged.step == 2 && judged.key.slot == Slot::running_mean) return judged.verdict;
  return Verdict::harness_error;
}

TEST(SecondLook, BetweenTheTwoBoundsAStableImplementationIsImprobable) {
  EXPECT_EQ(verdict(off_by(0, Kernels::stable)), Verdict::within_bound);
  EXPECT_EQ(verdict(off_by(6e-4, Kernels::stable)), Verdict::improbable);
  EXPECT_EQ(verdict(off_by(1e-2, Kernels::stable)), Verdict::diverged);
}

TEST(SecondLook, OtherKernelsHaveTheProvenBoundAlone) {
  EXPECT_EQ(verdict(off_by(6e-4, Kernels::any)), Verdict::within_bound);
  EXPECT_EQ(verdict(off_by(6e-4, Kernels::libtorch_cpu)), Verdict::diverged)
      << "sums in float64 would not be off by that much";
}

TEST(SecondLook, ShowsBothBounds) {
  std::string expected;
  for (const Judged& judged : off_by(6e-4, Kernels::stable).judged)
    if (judged.verdict == Verdict::improbable) expected = judged.expected;
  EXPECT_THAT(expected, ::testing::HasSubstr("; probably "));
}

TEST(SecondLook, CountsAnImprobableObservationAsWeaklyCompared) {
  const Checked checked = off_by(6e-4, Kernels::stable);
  EXPECT_EQ(checked.count(ObservationClass::statistic, Verdict::improbable), 1U);
  EXPECT_EQ(checked.tally.in_group(ObservationClass::statistic, VerdictGroup::weak), 1U);
  EXPECT_TRUE(checked.discrepancies().empty());
}

TEST(SecondLook, MovesNothing) {
  // What follows is judged as if nobody had looked: the counter is 1 and then 2.
  ToldSubject subject(
      "bn = BatchNorm1d(2)\n"
      "x = tensor(64, 2, normal(0, 1), requires_grad=True)\n"
      "y = bn(x)\n"
      "backward(y, normal(0, 1), retain_graph=True)\n"
      "backward(y, normal(0, 1))\n"
      "z = bn(x)\n");
  subject.manifest.kernels = Kernels::stable;
  EXPECT_THAT(testing::found(subject), ::testing::IsEmpty());
}

TEST(SecondLook, GradientsHaveProbableBoundsToo) {
  ToldSubject subject(
      "bn = BatchNorm1d(1)\n"
      "x = tensor(4096, 1, normal(0, 1))\n"
      "y = bn(x)\n"
      "backward(y, normal(0, 1))\n");
  subject.manifest.kernels = Kernels::stable;
  subject.after[3] = [](ToldSubject& self) {
    reference::Tensor& gradient = *self.module("bn").parameters[1]->grad;
    gradient.set(0, gradient.at(0) + 0.1);  // sum |g| is 3,300, and 4,104 roundings of it 0.8
  };
  const Checked checked = check(subject);
  EXPECT_EQ(checked.count(ObservationClass::gradient, Verdict::improbable), 1U);
}

}  // namespace
}  // namespace normdiff
