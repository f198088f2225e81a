#include "tests/harness/cli/program.hpp"

namespace normdiff::test {
namespace {

using testing::HasSubstr;

TEST(TraceCommand, BadUsageIsASentence) {
  expect_one_sentence("trace /none.scenario", "no such file");
}

TEST(TraceCommand, ATraceIsCheckedWithoutTheSubject) {
  const TemporaryFolder folder;
  const std::string file = (folder.path() / "t.jsonl").string();
  EXPECT_EQ(normdiff("trace " + seeds + "shared-child.scenario --subject textbook >" + file).code,
            0);
  EXPECT_THAT(read(file), HasSubstr("{\"normdiff-trace\":1"));
  const Ran ran = normdiff("check " + file);
  EXPECT_EQ(ran.code, 0) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr("conforms"));
  // Cut, and damaged.
  const std::string text = read(file);
  const std::string cut = folder.write("cut.jsonl", text.substr(0, text.size() / 2));
  EXPECT_EQ(normdiff("check " + cut).code, 2);
  const std::string other = folder.write("other.jsonl", "{\"normdiff-trace\":2}\n");
  EXPECT_THAT(normdiff("check " + other).output,
              HasSubstr("other.jsonl:1: a trace of format 2, and 1 is read"));
}

TEST(TraceCommand, WhatASubjectDidWrongIsStillWrongInItsTrace) {
  const TemporaryFolder folder;
  const std::string file = (folder.path() / "t.jsonl").string();
  EXPECT_EQ(normdiff("trace " + seeds +
                     "shared-child.scenario --subject textbook:counter-missed >" + file)
                .code,
            0);
  const Ran ran = normdiff("check " + file);
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.output, HasSubstr("num_batches_tracked is 0, expected 2"));
}

}  // namespace
}  // namespace normdiff::test
