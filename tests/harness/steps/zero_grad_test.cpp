#include "tests/harness/steps/step_test.hpp"

namespace normdiff::testing {
namespace {

TEST(ZeroGradStep, TakesTheGradientsAway) {
  expect_to_be_done(
      "net = BatchNorm2d(2)\nx = tensor(2, 2, 1, 1, [1, 2, 3, 6])\ny = net(x)\n"
      "backward(y, normal(0, 1))\nnet.zero_grad()\n");
}

}  // namespace
}  // namespace normdiff::testing
