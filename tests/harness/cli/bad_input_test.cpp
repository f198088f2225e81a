#include <sys/stat.h>

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
  expect_one_sentence(
      "check " + folder.write("cut.jsonl", text.substr(0, third)),
      "cut.jsonl:1: the trace was cut: it has 2 of 7 steps; correct it, or record it again");
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

TEST(BadReport, WhatItCannotBeIsASentenceAndItStaysAsItWas) {
  const TemporaryFolder folder;
  const std::string out = folder.path().string();
  ASSERT_EQ(normdiff("run --subject textbook --scenarios 5 --out " + out).code, 0);
  const std::string good = read(folder.path() / "report.json");
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return folder.write("report.json", text);
  };
  (void)changed("\"scenarios\": 5", "\"scenarios\": -5");
  expect_one_sentence("report " + out, "('scenarios' is below 0); run normdiff run again");
  (void)changed("\"normdiff_report\": 5", "\"normdiff_report\": 5.9");
  expect_one_sentence("report " + out, "(it is of schema 5.9, and 5 is read)");
  expect_one_sentence("report " + out + "/report.json", "is a file; name the folder that it is in");
  const std::string file = changed("{", "{ \"mine\": 1,");
  const std::string before = read(file);
  EXPECT_EQ(normdiff("report " + out).code, 0);
  EXPECT_EQ(read(file), before) << "its input";
}

TEST(BadCorpus, WithoutScenariosIsASentenceAndEmptiesNoFindings) {
  const TemporaryFolder folder;
  const std::string findings = folder.write("out/findings.jsonl", "{}\n");
  std::filesystem::create_directory(folder.path() / "corpus");
  expect_one_sentence("run --subject textbook --profile modes --scenarios 2 --out " +
                          (folder.path() / "out").string() + " --corpus " +
                          (folder.path() / "corpus").string(),
                      "has no *.scenario files; name a folder that has");
  EXPECT_EQ(read(findings), "{}\n");
}

TEST(BadOutput, WhatIsInTheWayIsSaidAtOnceAndNothingIsLost) {
  for (const char* name : {"report.html", "report.json.part", "findings.jsonl.part"}) {
    const TemporaryFolder folder;
    const std::string run =
        "run --subject textbook:biased-running-var --profile modes --scenarios 200 --out " +
        folder.path().string();
    ASSERT_EQ(normdiff(run).code, 1);
    const std::string findings = read(folder.path() / "findings.jsonl");
    EXPECT_NE(findings, "");
    std::filesystem::remove(folder.path() / name);
    std::filesystem::create_directories(folder.path() / name);
    expect_one_sentence(run, std::string(name) + " is no file; remove it");
    EXPECT_EQ(read(folder.path() / "findings.jsonl"), findings);
    EXPECT_FALSE(std::filesystem::is_empty(folder.path() / "findings"));
  }
}

TEST(BadOutput, APipeInTheWayIsNotWaitedFor) {
  const TemporaryFolder folder;
  ASSERT_EQ(mkfifo((folder.path() / "findings.jsonl").c_str(), 0600), 0);
  expect_one_sentence(
      "run --subject textbook --profile modes --scenarios 2 --out " + folder.path().string(),
      "findings.jsonl is no file; remove it");
}

TEST(BadOutput, AReportThatCannotBeWrittenIsStillOnTheScreen) {
  const TemporaryFolder folder;
  const Ran ran = run_in_shell("trap '' XFSZ; ulimit -f 4; " + program +
                               " run --subject textbook --profile modes --scenarios 2 --out " +
                               folder.path().string());
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.output, AllOf(HasSubstr("Compared on textbook"), HasSubstr("conforms: 1 subject"),
                                HasSubstr("report.json can't be written (File too large); ")));
}

TEST(BadTrace, NothingOfItMovesTheTerminal) {
  const TemporaryFolder folder;
  std::string text = normdiff("trace " + seed + " --subject textbook").output;
  const std::string version = "\"version\":\"";
  text.insert(text.find(version) + version.size(), "\\u001b[2J\\u009b");
  const Ran ran = normdiff("check " + folder.write("hostile.jsonl", text));
  EXPECT_EQ(ran.output.find('\x1b'), std::string::npos);
  EXPECT_THAT(ran.output, HasSubstr("textbook@\\x1b[2J\\x9b"));
}

TEST(BadTrace, OneOfAFamilyThatNobodyKnowsIsJudgedAsAnyOther) {
  const TemporaryFolder folder;
  std::string text = normdiff("trace " + seed + " --subject textbook").output;
  const std::string family = "\"family\":\"";
  text.insert(text.find(family) + family.size(), "no");
  EXPECT_EQ(normdiff("check " + folder.write("a.jsonl", text)).code, 0);
}

TEST(BadTrace, ASubjectBesideItIsSaid) {
  const TemporaryFolder folder;
  const std::string file =
      folder.write("a.jsonl", normdiff("trace " + seed + " --subject textbook").output);
  EXPECT_EQ(normdiff("check " + file).code, 0);
  expect_one_sentence("check " + file + " --subject textbook",
                      "a trace is of the subject that it was recorded on; leave --subject out");
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

TEST(BadTrace, OfAnotherProgramIsAnsweredWithTheMemberThatIsWrong) {
  const TemporaryFolder folder;
  const std::string good = normdiff("trace " + seed + " --subject textbook").output;
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return "check " + folder.write("a.jsonl", text);
  };
  expect_one_sentence(changed("\"family\"", "\"famili\""),
                      "a.jsonl:1: the first line is no header of a trace: the member 'family' is "
                      "missing; correct it, or record it again with normdiff trace");
  expect_one_sentence(changed("\"version\":\"", "\"version\":1,\"v\":\""),
                      "the member 'version' can't be number");
  expect_one_sentence(changed("\"normdiff-trace\":1", "\"normdiff-trace\":2"),
                      "a.jsonl:1: a trace of format 2, and 1 is read");
  expect_one_sentence(changed("\"is_leaf\"", "\"isleaf\""), "a.jsonl:2: 'observed', entry ");
  expect_one_sentence(changed("\"is_leaf\"", "\"isleaf\""),
                      "a tensor needs is_leaf, true or false");
  expect_one_sentence(changed("{\"double\":", "{\"double\":NaN,\"x\":"),
                      "is no JSON; write \"nan\", in quotes");
  expect_one_sentence(changed("{\"double\":", "{\"double\":-Infinity,\"x\":"),
                      "is no JSON; write \"-inf\", in quotes");
  expect_one_sentence(changed("{\"observed\"", "{observed"),
                      "this line is no JSON from column 2 on, 'observed");
}

TEST(BadTrace, ACounterOfAnotherShapeIsSaidByItsShape) {
  const TemporaryFolder folder;
  std::string text = normdiff("trace " + seed + " --subject textbook").output;
  const std::size_t dtype = text.find("\"dtype\":\"int64\"");
  for (const std::string& member : {std::string("shape"), std::string("strides")})
    text.insert(text.find("\"" + member + "\":[", dtype) + member.size() + 4, "1");
  const Ran ran = normdiff("check " + folder.write("a.jsonl", text));
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.output, HasSubstr("num_batches_tracked is int64[1], expected int64[]"));
}

TEST(BadFile, AModelOfAnExporterIsNoScenario) {
  const TemporaryFolder folder;
  expect_one_sentence(
      "check --subject textbook " + folder.write("m.onnx", std::string("\x08\x07\x12\x00\xff", 5)),
      "m.onnx: line 1: this is not text in UTF-8 (byte 3); a scenario is a text with the first "
      "line \"# normdiff-scenario 1\", and a trace is called *.jsonl");
}

TEST(GoodFile, MayBeTheStandardInputOrAPipe) {
  for (const char* name : {"-", "/dev/stdin"}) {
    const Ran ran = run_in_shell("cat " + seed + " | " + program + " check --subject textbook " +
                                 std::string(name));
    EXPECT_EQ(ran.code, 0) << ran.output;
    EXPECT_THAT(ran.output, HasSubstr(" on textbook"));
  }
}

}  // namespace
}  // namespace normdiff::test
