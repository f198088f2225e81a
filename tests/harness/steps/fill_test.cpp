#include "tests/harness/steps/step_test.hpp"

namespace normdiff::testing {
namespace {

TEST(FillStep, WritesToATensorOfAModule) {
  expect_to_be_done("net = Sequential(bn=BatchNorm2d(2))\nfill(net.bn.num_batches_tracked, [3])\n");
  expect_to_be_done(
      "net = Sequential(bn=BatchNorm2d(2))\nfill(net.bn.running_mean, normal(0, 1))\n");
}

TEST(FillStep, OfATensorThatStandsInTwoPlacesIsSeenInBoth) {
  ToldSubject subject(
      "bn = BatchNorm2d(2)\nnet = Sequential(a=bn)\nfill(bn.weight, constant(3))\n");
  EXPECT_THAT(found(subject), IsEmpty());
  subject.lie(2, subject.key("bn", "", Slot::weight));
  EXPECT_EQ(found(subject).size(), 2u);
}

}  // namespace
}  // namespace normdiff::testing
