#include "tests/harness/steps/step_test.hpp"

namespace normdiff::testing {
namespace {

TEST(TrainStep, SetsTheFlagOfAllBelow) {
  expect_to_be_done("net = Sequential(bn=BatchNorm2d(2))\nnet.eval()\n");
  expect_to_be_done("net = Sequential(bn=BatchNorm2d(2))\nnet.eval()\nnet.train()\n");
  expect_to_be_done("net = Sequential(bn=BatchNorm2d(2))\nnet.bn.eval()\n");
}

}  // namespace
}  // namespace normdiff::testing
