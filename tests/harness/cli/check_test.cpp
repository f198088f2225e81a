#include <filesystem>

#include "tests/harness/cli/program.hpp"

namespace normdiff::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(CheckCommand, BadUsageIsASentence) {
  expect_one_sentence("check", "FILE");
  expect_one_sentence("check /none.scenario", "no such file");
  expect_one_sentence("check /none.jsonl", "no such file");
  expect_one_sentence("check " + seeds + "shared-child.scenario --subject none",
                      "there is no subject 'none'; there are ");
  expect_one_sentence("check " + seeds + "shared-child.scenario --deviations /none", "/none");
}

TEST(CheckCommand, ABadFileAmongGoodOnesIsSaidBeforeAnythingRuns) {
  expect_one_sentence("check " + seeds + "shared-child.scenario /none.scenario --subject textbook",
                      "/none.scenario");
}

TEST(CheckCommand, ASubjectIsOneWordAndFilesMayFollowIt) {
  const Ran ran = normdiff("check --subject textbook " + seeds + "shared-child.scenario " + seeds +
                           "forum-thread-deepcopy.scenario");
  EXPECT_EQ(ran.code, 0) << ran.output;
}

TEST(CheckCommand, ShowsFlagsAndWhatMoved) {
  const Ran ran = normdiff("check " + seeds + "shared-child.scenario --subject textbook");
  EXPECT_EQ(ran.code, 0) << ran.output;
  EXPECT_THAT(ran.output,
              AllOf(HasSubstr("net T, net.first E"), HasSubstr("moved: bn.running_mean"),
                    HasSubstr("conforms; "), Not(HasSubstr("\033"))));
}

TEST(CheckCommand, ADiscrepancyIsOne) {
  const Ran ran =
      normdiff("check " + seeds + "shared-child.scenario --subject textbook:counter-missed");
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.output, AllOf(HasSubstr("num_batches_tracked is 0, expected 2"),
                                HasSubstr("does not conform")));
}

TEST(CheckCommand, TheWorstOfSeveralSubjectsCounts) {
  const Ran ran = normdiff("check " + seeds +
                           "shared-child.scenario --subject textbook:counter-missed "
                           "--subject textbook");
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.output, AllOf(HasSubstr("does not conform"), HasSubstr(": conforms; ")));
}

TEST(CheckCommand, ASubjectThatIsNotThereIsTwo) {
  const TemporaryFolder folder;
  const std::string copy = (folder.path() / "normdiff").string();
  std::filesystem::copy_file(program, copy);
  const Ran ran = run_in_shell("NORMDIFF_PYTHON=/none " + copy + " check " + seeds +
                               "shared-child.scenario --without libtorch");
  expect_one_sentence(ran, "python:/none can't be used: there is no such file");
}

TEST(CheckCommand, WhatIsJudgedWeaklyIsMarkedAndInTheLastLine) {
  const TemporaryFolder folder;
  const std::string file = folder.write(
      "weak.scenario",
      "# normdiff-scenario 1\nbn = BatchNorm1d(1)\nx = tensor(4, 1, [1e8, 1e8, 1e8, 1e8])\n"
      "y = bn(x)\n");
  const Ran ran = normdiff("check " + file + " --subject textbook");
  EXPECT_EQ(ran.code, 0) << ran.output;
  EXPECT_THAT(
      ran.output,
      AllOf(HasSubstr("1 weak\n"), HasSubstr("        y: ill_conditioned\n"),
            HasSubstr("conforms, in part weakly; "),
            HasSubstr("observations compared, 1 of them weakly (1 ill_conditioned), 0 new")));
}

TEST(CheckCommand, EverythingShowsWhatWasEqual) {
  const std::string check = "check " + seeds + "shared-child.scenario --subject textbook";
  EXPECT_THAT(normdiff(check + " --everything").output, HasSubstr("equal"));
  EXPECT_THAT(normdiff(check).output, Not(HasSubstr("equal")));
}

TEST(CheckCommand, OfAFolderIsOfTheFilesInIt) {
  const TemporaryFolder folder;
  const std::string scenario = read(seeds + "forum-thread.scenario");
  (void)folder.write("b.scenario", scenario);
  (void)folder.write("below/a.scenario", scenario);
  (void)folder.write("notes.txt", "no scenario");
  const Ran ran = normdiff("check --subject textbook " + folder.path().string());
  EXPECT_EQ(ran.code, 0) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr("b.scenario on textbook"));
  EXPECT_THAT(ran.output, HasSubstr("below/a.scenario on textbook"));
  const TemporaryFolder empty;
  expect_one_sentence("check " + empty.path().string(),
                      ": this folder has no *.scenario and no *.jsonl; name one that has");
}

}  // namespace
}  // namespace normdiff::test
