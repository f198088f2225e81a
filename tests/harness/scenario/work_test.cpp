#include "harness/scenario/work.hpp"

#include <gtest/gtest.h>

#include "harness/scenario/text/text.hpp"

namespace normdiff {
namespace {

/// Of the last statement.
double work_of_last(const std::string& statements) {
  const auto parsed = parse("# normdiff-scenario 1\n" + statements);
  const auto* scenario = std::get_if<Scenario>(&parsed);
  EXPECT_NE(scenario, nullptr) << std::get<ParseError>(parsed).message;
  if (!scenario) return -1;
  return work_of(*scenario, resolve(*scenario), scenario->statements.back().step);
}

constexpr const char* conv =
    "net = Conv2d(3, 2, kernel_size=3, padding=1)\n"
    "x = tensor(5, 3, 4, 4, normal(0, 1))\n";
/// 5 images of 2 channels of 4x4, 27 multiplications and a place in memory for each.
constexpr double once = 5 * 2 * 4 * 4 * (27 + 16);

TEST(Work, OfAConvolutionIsItsKernelForEachElementThatItGives) {
  EXPECT_EQ(work_of_last(std::string(conv) + "y = net(x)"), once);
  EXPECT_EQ(work_of_last("net = Conv2d(1, 1, kernel_size=2, stride=3)\n"
                         "x = tensor(1, 8, 8, normal(0, 1))\ny = net(x)"),
            3 * 3 * (4 + 16));
}

TEST(Work, OfALinearLayerIsItsInputForEachElementThatItGives) {
  EXPECT_EQ(work_of_last("net = Linear(7, 5)\nx = tensor(2, 3, 7, normal(0, 1))\ny = net(x)"),
            2 * 3 * 5 * (7 + 16));
}

TEST(Work, OfOthersIsTheirElements) {
  EXPECT_EQ(work_of_last("net = Sequential(BatchNorm2d(3), ReLU(), Flatten(), Linear(48, 1))\n"
                         "x = tensor(2, 3, 4, 4, normal(0, 1))\ny = net(x)"),
            3 * 96 * 16 + 2 * (48 + 16));
}

TEST(Work, ARefusedForwardEndsWhereItIs) {
  EXPECT_EQ(work_of_last("net = Sequential(ReLU(), Conv2d(4, 1, kernel_size=1), ReLU())\n"
                         "x = tensor(2, 3, 4, 4, normal(0, 1))\ny = net(x)"),
            96 * 16);
  EXPECT_EQ(work_of_last("net = Conv2d(1, 1, kernel_size=5)\n"
                         "x = tensor(1, 1, 4, 4, normal(0, 1))\ny = net(x)"),
            0);
}

TEST(Work, OfAConvolutionsBackwardIsItsKernelForEachElementThatItTook) {
  // However far apart its outputs are: of 64 x 64 only 1 x 1 is given here.
  EXPECT_EQ(work_of_last("net = Conv2d(1, 2, kernel_size=3, stride=1000)\n"
                         "x = tensor(1, 64, 64, normal(0, 1))\ny = net(x)\n"
                         "backward(y, normal(0, 1))"),
            2 * 9 + 2 * 2 * 16 + 64 * 64 * (2 * 9 + 16));
}

TEST(Work, OfAResultIsThatOfTheShapeThatItsForwardGives) {
  const std::string chain =
      "a = Linear(7, 5)\nb = Linear(5, 3)\nx = tensor(2, 7, normal(0, 1))\ny = a(x)\nz = b(y)";
  const double first = 2 * 5 * (7 + 16);
  const double second = 2 * 3 * (5 + 16);
  EXPECT_EQ(work_of_last(chain), second);
  EXPECT_EQ(work_of_last(chain + "\nbackward(z, normal(0, 1))"), 2 * (first + second))
      << "it goes through both";
  EXPECT_EQ(work_of_last(chain + "\nw = a(z)"), 0) << "refused";
  EXPECT_EQ(work_of_last(chain + "\nw = a(z)\nv = a(w)"), 0) << "of nothing";
}

TEST(Work, ManyModulesAreLookedAtAfterFewSteps) {
  std::string text = "# normdiff-scenario 1\nnet = Sequential(";
  for (int i = 0; i < 1000; ++i) text += i == 0 ? "ReLU()" : ", ReLU()";
  text += ")\n";
  for (int i = 0; i < 4000; ++i) text += "net.eval()\n";
  EXPECT_TRUE(std::holds_alternative<Scenario>(parse(text)));
  for (int i = 0; i < 1000; ++i) text += "net.eval()\n";
  const auto parsed = parse(text);
  ASSERT_TRUE(std::holds_alternative<ParseError>(parsed));
  const auto& error = std::get<ParseError>(parsed);
  EXPECT_NE(error.message.find("too many for so many steps; make fewer of either"),
            std::string::npos)
      << error.message;
  EXPECT_GT(error.line, 4000);
}

TEST(Work, OfTracesExportsAndBackwardsIsThatOfTheirForwards) {
  EXPECT_EQ(work_of_last(std::string(conv) + "s = torch.jit.trace(net, x)"), 5 * once);
  EXPECT_EQ(work_of_last(std::string(conv) + "m = torch.onnx.export(net, x, training=EVAL, "
                                             "dynamo=False, opset_version=17)"),
            2 * once);
  EXPECT_EQ(work_of_last("net = Linear(7, 5)\nx = tensor(2, 3, 7, normal(0, 1))\ny = net(x)\n"
                         "backward(y, normal(0, 1))"),
            2 * 2 * 3 * 5 * (7 + 16));
  EXPECT_EQ(work_of_last(conv), 0);
}

}  // namespace
}  // namespace normdiff
