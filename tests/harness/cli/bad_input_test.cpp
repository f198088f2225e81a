#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "tests/harness/campaign/campaign_support.hpp"

// Hostile files and places, given to the real program: one sentence, 2, and nothing lost.
namespace normdiff::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const std::string program = NORMDIFF_BINARY_DIR "/bin/normdiff ";
const std::string seed = NORMDIFF_SOURCE_DIR "/corpus/seeds/forum-thread.scenario";

struct Ran {
  int code = -1;
  std::string output;
};

Ran shell(const std::string& command) {
  Ran ran;
  std::FILE* pipe = popen((command + " </dev/null").c_str(), "r");
  std::array<char, 4096> block{};
  while (const std::size_t n = std::fread(block.data(), 1, block.size(), pipe))
    ran.output.append(block.data(), n);
  const int status = pclose(pipe);
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}
Ran normdiff(const std::string& arguments) {
  return shell(program + arguments + " 2>&1");
}

void expect_one_sentence(const Ran& ran, const std::string& says) {
  EXPECT_EQ(ran.code, 2) << ran.output;
  EXPECT_THAT(ran.output, AllOf(HasSubstr("normdiff: "), HasSubstr(says)));
  EXPECT_EQ(std::count(ran.output.begin(), ran.output.end(), '\n'), 1) << ran.output;
}

TEST(BadTrace, CutHostileOrEmptyIsASentence) {
  const Folder folder;
  const Ran whole = shell(program + "trace " + seed + " --subject textbook");
  ASSERT_EQ(whole.code, 0);
  const std::string& text = whole.output;
  std::size_t third = 0;
  for (int i = 0; i < 3; ++i) third = text.find('\n', third) + 1;
  expect_one_sentence(normdiff("check " + folder.write("cut.jsonl", text.substr(0, third))),
                      "cut.jsonl:1: the trace was cut: it has 2 of 7 steps; record it again");
  const std::string brackets(2'000'000, '[');
  expect_one_sentence(normdiff("check " + folder.write("head.jsonl", brackets)),
                      "head.jsonl:1: this line is nested too deeply");
  const std::string first = text.substr(0, text.find('\n') + 1);
  expect_one_sentence(normdiff("check " + folder.write("deep.jsonl", first + brackets)),
                      "deep.jsonl:2: this line is nested too deeply");
  expect_one_sentence(normdiff("check " + folder.write("empty.jsonl", "")),
                      "empty.jsonl: it is empty; record it again with normdiff trace");
}

TEST(BadReport, DeepOrEmptyIsASentence) {
  const Folder folder;
  (void)folder.write("report.json", std::string(2'000'000, '['));
  expect_one_sentence(normdiff("report " + folder.path().string()), "it is nested too deeply");
  (void)folder.write("report.json", "");
  expect_one_sentence(normdiff("report " + folder.path().string()),
                      "it is empty; run normdiff run again");
}

TEST(BadCorpus, WithoutScenariosIsASentenceAndEmptiesNoFindings) {
  const Folder folder;
  const std::string findings = folder.write("out/findings.jsonl", "{}\n");
  std::filesystem::create_directory(folder.path() / "corpus");
  expect_one_sentence(
      normdiff("run --subject textbook --scenarios 2 --out " + (folder.path() / "out").string() +
               " --corpus " + (folder.path() / "corpus").string()),
      "has no *.scenario files; name a folder that has");
  EXPECT_EQ(read(findings), "{}\n");
}

TEST(BadOutput, AReportThatCannotBeWrittenIsStillOnTheScreen) {
  const Folder folder;
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
    const Ran ran = shell(program + command + " 2>&1 >/dev/full");
    expect_one_sentence(ran, "the output can't be written (No space left on device)");
  }
}

TEST(BadPlace, WhatOneMayNotReadIsNotSaidToBeMissing) {
  if (geteuid() == 0) GTEST_SKIP() << "root reads everything";
  const Folder folder;
  const std::string file = folder.write("locked/a.scenario", "# normdiff-scenario 1\n");
  std::filesystem::permissions(folder.path() / "locked", std::filesystem::perms::none);
  expect_one_sentence(normdiff("check " + file + " --subject textbook"),
                      "can't be read (Permission denied)");
  std::filesystem::permissions(folder.path() / "locked", std::filesystem::perms::owner_all);
}

}  // namespace
}  // namespace normdiff::test
