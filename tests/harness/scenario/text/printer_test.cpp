#include "harness/scenario/text/printer.hpp"

#include "tests/harness/scenario/samples.hpp"

namespace normdiff {
namespace {

TEST(Print, TheCorpusIsCanonical) {
  const auto samples = testing::corpus();
  ASSERT_GE(samples.size(), 90u);
  for (const auto& sample : samples)
    EXPECT_EQ(print(testing::parsed(sample.text)), sample.text) << sample.name;
}

TEST(Print, ATitleThatLooksLikeASeedStaysATitle) {
  Scenario scenario;
  scenario.title = {"seed 5"};
  const Scenario again = testing::parsed(print(scenario));
  EXPECT_EQ(again.seed, 0u);
  EXPECT_EQ(again.title, scenario.title);
}

TEST(Print, ALongSequentialHasALineForEachChild) {
  const std::string text =
      "# normdiff-scenario 1\n"
      "net = Sequential(\n"
      "    block=Sequential(\n"
      "        conv=Conv2d(3, 2, kernel_size=3, bias=False),\n"
      "        bn=BatchNorm2d(2, momentum=None),\n"
      "    ),\n"
      "    relu=ReLU(),\n"
      ")\n";
  EXPECT_EQ(print(testing::parsed(text)), text);
}

}  // namespace
}  // namespace normdiff
