#include "harness/cli/step_table.hpp"

#include <gmock/gmock.h>

#include <sstream>

#include "harness/scenario/text/text.hpp"
#include "harness/subjects/textbook/textbook.hpp"

namespace normdiff {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string table(std::string_view text, std::string_view fault, bool everything = false) {
  const Scenario scenario = std::get<Scenario>(parse(text));
  const Subject subject = make_textbook_subject(fault);
  Replayed replayed;
  subject.run(scenario, resolve(scenario), replayed.trace);
  CheckOptions options;
  options.keep_everything = true;
  check_trace(subject.manifest, scenario, Deviations::built_in(), options, "test", replayed);
  return step_table(scenario, replayed, Deviations::built_in(), everything, Terminal{});
}

constexpr std::string_view copied =
    "# normdiff-scenario 1\nnet = Sequential(bn=BatchNorm2d(2))\nnet.bn.eval()\n"
    "b = copy.deepcopy(net)\n";

TEST(StepTable, TheRootsFlagThenThoseThatDiffer) {
  const std::string text = table(copied, "");
  EXPECT_THAT(text, HasSubstr("net = Sequential(bn="));
  EXPECT_THAT(text, HasSubstr("training: net T, net.bn E; b T, b.bn E"));
}

TEST(StepTable, AFlagThatNobodyAskedForIsSaidSo) {
  EXPECT_THAT(table(copied, "flag-lost-in-copy"),
              HasSubstr("b.bn.training is True, expected False: nothing asked for it"));
}

TEST(StepTable, OnlyStatisticsThatMovedAreShown) {
  const std::string text = table(
      "# normdiff-scenario 1\nnet = BatchNorm2d(2)\nx = tensor(2, 2, 2, 2, normal(0, 1), seed=1)\n"
      "y = net(x)\nnet.eval()\nz = net(x)\n",
      "");
  const std::size_t first = text.find("moved: net.running_mean, running_var, num_batches_tracked");
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(text.find("moved", first + 1), std::string::npos);
}

TEST(StepTable, ARefusalShowsItsText) {
  const std::string text = table(
      "# normdiff-scenario 1\nnet = BatchNorm2d(2)\nx = tensor(2, normal(0, 1), seed=1)\ny = "
      "net(x)\n",
      "");
  EXPECT_THAT(text, HasSubstr("error"));
}

TEST(StepTable, ARefusalOfManyLinesShowsTheOneWithTheReason) {
  const Scenario scenario =
      std::get<Scenario>(parse("# normdiff-scenario 1\na = BatchNorm2d(2)\nb = BatchNorm2d(3)\n"
                               "b.load_state_dict(a.state_dict())\n"));
  Replayed replayed;
  make_textbook_subject("").run(scenario, resolve(scenario), replayed.trace);
  StepRecord& refused = replayed.trace.steps[2];
  ASSERT_EQ(refused.outcome, Outcome::error);
  refused.text =
      "Error(s) in loading state_dict for BatchNorm2d:\n\tsize mismatch for weight: [2], [3].\n"
      "\tsize mismatch for bias: [2], [3].";
  const std::string text =
      step_table(scenario, replayed, Deviations::built_in(), false, Terminal{});
  EXPECT_THAT(text, HasSubstr("for BatchNorm2d: size mismatch for\n"));
  EXPECT_THAT(text, HasSubstr("weight: [2], [3]."));
  EXPECT_THAT(text, Not(HasSubstr("mismatch for bias")));
}

TEST(StepTable, FitsTheTerminalHoweverLongAStatementIs) {
  std::string literals = "0.125";
  for (int i = 1; i < 2000; ++i) literals += ", 0.125";
  const std::string text = table(
      "# normdiff-scenario 1\nnetwork_of_a_long_name = Sequential(\n"
      "    normalisation_of_a_long_name=BatchNorm2d(2),\n"
      "    another_normalisation_of_a_long_name=BatchNorm2d(2),\n)\n"
      "network_of_a_long_name.normalisation_of_a_long_name.eval()\n"
      "x = tensor(1, 2, 10, 100, [" +
          literals + "], requires_grad=True)\ny = network_of_a_long_name(x)\n",
      "", true);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(width_of(line), 80U) << line;
  EXPECT_THAT(text, HasSubstr("x = tensor(1, 2"));
  EXPECT_THAT(text, HasSubstr("rad=True)")) << "the end is kept too";
}

TEST(StepTable, EverythingShowsVerdictsOfWhatAgreed) {
  EXPECT_THAT(table(copied, ""), Not(HasSubstr("equal")));
  EXPECT_THAT(table(copied, "", true), HasSubstr("net.bn.training: equal"));
}

}  // namespace
}  // namespace normdiff
