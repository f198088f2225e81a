#include <filesystem>

#include "tests/harness/cli/program.hpp"

namespace normdiff::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

struct BadUsage {
  const char* arguments;
  const char* says;
};
void PrintTo(const BadUsage& usage, std::ostream* out) {
  *out << usage.arguments;
}

class RunUsage : public testing::TestWithParam<BadUsage> {};

TEST_P(RunUsage, IsOneSentenceAndTwo) {
  expect_one_sentence(std::string("run ") + GetParam().arguments, GetParam().says);
}

INSTANTIATE_TEST_SUITE_P(
    All, RunUsage,
    testing::Values(BadUsage{"--seed x", "--seed"},
                    BadUsage{"--seed -1", "'-1' is no whole number from 0 to 2^64 - 1"},
                    BadUsage{"--scenarios 0", "--scenarios"},
                    BadUsage{"--scenarios 5 --time 5s", "can't both be given"},
                    BadUsage{"--time 5x",
                             "--time 5x is no duration; write a number and its unit, like 60s"},
                    BadUsage{"--deadline -1s", "is no duration"}, BadUsage{"--jobs 0", "--jobs"},
                    BadUsage{"--profile none", "there is no profile none; there are modes"},
                    BadUsage{"--profile bench", "there is no profile bench; there are modes"},
                    BadUsage{"--power --power-scenarios 0", "no whole number from 1"},
                    BadUsage{"--out ''", "--out: an empty text"},
                    BadUsage{"--time ''", "--time: an empty text"},
                    BadUsage{"--corpus ''", "--corpus: an empty text"},
                    BadUsage{"--deviations ''", "--deviations: an empty text"},
                    BadUsage{"--subject none", "there is no subject 'none'; there are "},
                    BadUsage{"--subject python:/none/python", "there is no such file"},
                    BadUsage{"--without nobody", "there is no family nobody to leave out"},
                    BadUsage{"--without python --subject textbook", "can't both be given"},
                    BadUsage{"--without python --without libtorch --without textbook",
                             "leaves nothing to run on"},
                    BadUsage{"--subject textbook --out /proc/none", "can't be made"},
                    BadUsage{"--subject textbook --corpus /none", "the corpus /none"},
                    BadUsage{"--subject textbook --deviations /none", "/none"}));

// A host is known by its name alone until it runs.
TEST(RunCommand, ASubjectWithoutAnExporterCanNotRunTheExportProfile) {
  const TemporaryFolder folder;
  const std::string copy = (folder.path() / "normdiff").string();
  std::filesystem::copy_file(program, copy);
  (void)folder.write("normdiff-host-2.13.0", "");
  std::filesystem::permissions(folder.path() / "normdiff-host-2.13.0",
                               std::filesystem::perms::owner_all);
  expect_one_sentence(run_in_shell(copy + " run --subject libtorch --profile export"),
                      "nothing can run");
}

/// The program in a folder without hosts, with an interpreter that has no torch.
struct Alone : testing::Test {
  Alone() {
    std::filesystem::copy_file(program, folder.path() / "normdiff");
    run = "NORMDIFF_PYTHON=/no/such/python " + (folder.path() / "normdiff").string() +
          " run --scenarios 60 --out " + (folder.path() / "out").string();
  }
  TemporaryFolder folder;
  std::string run;
};

TEST_F(Alone, ASubjectOfTheDefaultSetThatIsNotThereIsTwoAndStandsFirst) {
  const Ran ran = run_in_shell(run);
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.output, HasSubstr("python:/no/such/python can't be used: there is no such file"));
  EXPECT_THAT(ran.output, HasSubstr("libtorch can't be used: none was found"));
  EXPECT_THAT(ran.output,
              HasSubstr("conforms where it was tried, and libtorch, python:/no/such/python "
                        "could not be used: 3 subjects, 60 scenarios"));
  const std::string page = read(folder.path() / "out" / "report.md");
  const std::size_t table = page.find("## Subjects");
  EXPECT_LT(page.find("libtorch", table), page.find("textbook", table));
}

TEST_F(Alone, ItIsNoneWhereItWasLeftOut) {
  const Ran ran = run_in_shell(run + " --without python --without libtorch");
  EXPECT_EQ(ran.code, 0) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr("conforms: 1 subject, 60 scenarios"));
}

TEST(RunCommand, AnInterruptIsSaidInEveryFormatAndInTheCode) {
  for (const auto& [signal, code] : {std::pair{"INT", 130}, {"TERM", 143}, {"HUP", 129}}) {
    const TemporaryFolder out;
    const Ran ran =
        run_in_shell(program + " run --subject textbook --time 60s --out " + out.path().string() +
                     " & sleep 1; kill -" + signal + " $!; wait $!");
    EXPECT_EQ(ran.code, code) << ran.output;
    EXPECT_THAT(ran.output, HasSubstr("conforms so far (interrupted)"));
    for (const char* name : {"report.json", "report.md", "report.html"})
      EXPECT_THAT(read(out.path() / name), HasSubstr("(interrupted)")) << name;
  }
}

TEST(RunCommand, AnInterruptWhilePowerIsMeasuredIsAnInterrupt) {
  const TemporaryFolder out;
  const Ran ran = run_in_shell(
      program + " run --subject textbook --scenarios 20 --power --power-scenarios 2000000 --out " +
      out.path().string() + " & sleep 2; kill -TERM $!; wait $!");
  EXPECT_EQ(ran.code, 143) << ran.output;
  EXPECT_THAT(ran.output, AllOf(HasSubstr("conforms so far (interrupted)"),
                                HasSubstr("Power was not measured")));
}

TEST(RunCommand, WhatIsKilledFromOutsideIsTwoAndNoDiscrepancy) {
  const TemporaryFolder folder;
  const std::string host =
      folder.write("host", "#!/bin/sh\nexec " NORMDIFF_BINARY_DIR "/bin/strange-host killed 5\n");
  std::filesystem::permissions(host, std::filesystem::perms::owner_all);
  const Ran ran = normdiff("run --profile modes --scenarios 20 --subject libtorch:" + host +
                           " --out " + (folder.path() / "out").string());
  EXPECT_EQ(ran.code, 2) << ran.output;
  EXPECT_THAT(ran.output, AllOf(HasSubstr("the harness failed: 1 subject, 20 scenarios"),
                                HasSubstr("0 new discrepancies"), HasSubstr("1 harness error")));
}

TEST(RunCommand, SeedFirstVerdictLast) {
  const TemporaryFolder out;
  const Ran ran =
      normdiff("run --subject textbook --seed 5 --scenarios 60 --out " + out.path().string());
  EXPECT_EQ(ran.code, 0) << ran.output;
  EXPECT_EQ(ran.output.rfind("seed 5; subjects: textbook\n", 0), 0U);
  const std::string last = ran.output.substr(ran.output.rfind('\n', ran.output.size() - 2) + 1);
  EXPECT_THAT(last, HasSubstr("conforms: 1 subject, 60 scenarios"));
  for (const char* name : {"report.json", "report.md", "report.html"})
    EXPECT_TRUE(std::filesystem::exists(out.path() / name));
}

TEST(RunCommand, APlantedFaultIsOneAndItsReplayCommandShowsIt) {
  const TemporaryFolder out;
  const Ran ran =
      normdiff("run --subject textbook:counter-missed --profile modes --scenarios 100 --out " +
               out.path().string());
  EXPECT_EQ(ran.code, 1);
  const std::size_t begin = ran.output.find("normdiff check ");
  ASSERT_NE(begin, std::string::npos);
  const std::string command = ran.output.substr(begin, ran.output.find('\n', begin) - begin);
  const Ran replayed = normdiff(command.substr(std::string("normdiff ").size()));
  EXPECT_EQ(replayed.code, 1) << replayed.output;
}

TEST(RunCommand, AfterAKillTheFindingsAreThereAndTheNextRunKeepsThem) {
  const TemporaryFolder out;
  const std::string run =
      "run --subject textbook:counter-missed --profile modes --out " + out.path().string();
  const std::string list = (out.path() / "unreported.jsonl").string();
  (void)run_in_shell(program + " " + run + " --time 600s & while ! [ -s " + list +
                     " ]; do sleep 0.05; done; kill -KILL $!; wait $!");
  const Ran left = normdiff("report " + out.path().string());
  EXPECT_EQ(left.code, 1) << left.output;
  EXPECT_THAT(left.output,
              AllOf(HasSubstr("new: textbook/"), HasSubstr("no report: the last run")));
  const Ran next = normdiff(run + " --scenarios 20");
  EXPECT_THAT(next.output, HasSubstr("unreported-1.jsonl lists what it found"));
  EXPECT_FALSE(std::filesystem::exists(list));
}

TEST(RunCommand, TheCorpusIsReplayedFirstAndAFaultFoundThereIsOne) {
  const TemporaryFolder corpus;
  const std::string file = corpus.write("seeds/a.scenario", read(seeds + "shared-child.scenario"));
  const TemporaryFolder out;
  const Ran ran =
      normdiff("run --subject textbook:counter-missed --profile numerics --scenarios 1 --corpus " +
               corpus.path().string() + " --out " + out.path().string());
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.output, AllOf(HasSubstr("corpus on textbook:counter-missed"),
                                HasSubstr(": 0 of 1 scenarios conform"), HasSubstr("a.scenario")));
  EXPECT_THAT(read(out.path() / "findings.jsonl"), HasSubstr("a.scenario"));
}

TEST(RunCommand, TheSameSettingsGiveTheSameReportByteForByte) {
  const TemporaryFolder one;
  const TemporaryFolder two;
  const std::string run = " && " + program +
                          " run --subject textbook:counter-missed --scenarios 200 --power "
                          "--power-scenarios 300 --out latest";
  (void)run_in_shell("cd " + one.path().string() + run);
  (void)run_in_shell("cd " + two.path().string() + run + " --jobs 3");
  for (const char* name : {"latest/report.json", "latest/report.md", "latest/report.html"}) {
    EXPECT_FALSE(read(one.path() / name).empty());
    EXPECT_EQ(read(one.path() / name), read(two.path() / name)) << name;
  }
}

}  // namespace
}  // namespace normdiff::test
