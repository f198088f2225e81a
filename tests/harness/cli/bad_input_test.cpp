#include "tests/harness/cli/program.hpp"

// Hostile files and places, given to the real program: one sentence, 2, and nothing lost.
namespace normdiff::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const std::string seed = seeds + "forum-thread.scenario";

TEST(BadTrace, CutHostileOrEmptyIsASentence) {
  const TemporaryFolder folder;
  const Ran whole = normdiff("trace " + seed + " --subject textbook");
  ASSERT_EQ(whole.code, 0);
  const std::string& text = whole.output;
  std::size_t third = 0;
  for (int i = 0; i < 3; ++i) third = text.find('\n', third) + 1;
  expect_one_sentence("check " + folder.write("cut.jsonl", text.substr(0, third)),
                      "cut.jsonl:1: the trace was cut: it has 2 of 7 steps; record it again");
  const std::string brackets(2'000'000, '[');
  expect_one_sentence("check " + folder.write("head.jsonl", brackets),
                      "head.jsonl:1: this line is nested too deeply");
  const std::string first = text.substr(0, text.find('\n') + 1);
  expect_one_sentence("check " + folder.write("deep.jsonl", first + brackets),
                      "deep.jsonl:2: this line is nested too deeply");
  expect_one_sentence("check " + folder.write("empty.jsonl", ""),
                      "empty.jsonl: it is empty; record it again with normdiff trace");
}

TEST(BadReport, DeepOrEmptyIsASentence) {
  const TemporaryFolder folder;
  (void)folder.write("report.json", std::string(2'000'000, '['));
  expect_one_sentence("report " + folder.path().string(), "it is nested too deeply");
  (void)folder.write("report.json", "");
  expect_one_sentence("report " + folder.path().string(), "it is empty; run normdiff run again");
}

TEST(BadCorpus, WithoutScenariosIsASentenceAndEmptiesNoFindings) {
  const TemporaryFolder folder;
  const std::string findings = folder.write("out/findings.jsonl", "{}\n");
  std::filesystem::create_directory(folder.path() / "corpus");
  expect_one_sentence("run --subject textbook --scenarios 2 --out " +
                          (folder.path() / "out").string() + " --corpus " +
                          (folder.path() / "corpus").string(),
                      "has no *.scenario files; name a folder that has");
  EXPECT_EQ(read(findings), "{}\n");
}

TEST(BadOutput, AReportThatCannotBeWrittenIsStillOnTheScreen) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "report.html");
  const Ran ran = normdiff("run --subject textbook --scenarios 2 --out " + folder.path().string());
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.output, AllOf(HasSubstr("Compared on textbook"), HasSubstr("conforms: 1 subject"),
                                HasSubstr("report.html can't be written (Is a directory); ")));
}

TEST(BadOutput, AFullDiskUnderTheStandardOutputIsTwo) {
  for (const std::string& command :
       {"check " + seed + " --subject textbook", "trace " + seed + " --subject textbook",
        std::string("subjects")}) {
    const Ran ran = run_in_shell(program + " " + command + " 2>&1 >/dev/full");
    expect_one_sentence(ran, "the output can't be written (No space left on device)");
  }
}

// Without rights it is the same; but root has them all.
TEST(BadPlace, WhatCannotBeReachedIsNotSaidToBeMissing) {
  const TemporaryFolder folder;
  const std::filesystem::path loop = folder.path() / "loop";
  std::filesystem::create_symlink(loop, loop);
  expect_one_sentence("check " + (loop / "a.scenario").string() + " --subject textbook",
                      "can't be read (Too many levels of symbolic links)");
}

}  // namespace
}  // namespace normdiff::test
