#include "harness/cli/check_conclusion.hpp"

#include <gmock/gmock.h>

#include "harness/scenario/text/text.hpp"
#include "harness/subjects/textbook/textbook.hpp"

namespace normdiff {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

Scenario scenario() {
  return std::get<Scenario>(
      parse("# normdiff-scenario 1\nnet = Sequential(bn=BatchNorm2d(2))\nnet.eval()\n"
            "net.train()\n"));
}

/// What is said of a run of the textbook, after `change` had its way with the trace.
template <class F>
CheckConclusion after(F&& change) {
  Subject subject = make_textbook_subject("");
  subject.manifest.family = "somebody's";  // which may decline anything
  Replayed replayed;
  const Scenario s = scenario();
  subject.run(s, resolve(s), replayed.trace);
  change(replayed.trace);
  CheckOptions options;
  options.keep_everything = true;
  check_trace(subject.manifest, s, Deviations::built_in(), options, "test", replayed);
  return conclude(s, replayed);
}

void decline(StepRecord& record) {
  record = {Outcome::unsupported, "", "needs a colour", record.first, record.first};
}

void end(Trace& trace, Outcome outcome) {
  trace.steps.resize(2);
  trace.steps[1].outcome = outcome;
  trace.steps[1].last = trace.steps[1].first;
}

TEST(CheckConclusion, ConformsWhereAllWasCompared) {
  const CheckConclusion conclusion = after([](Trace&) {});
  EXPECT_EQ(conclusion.exit_code, 0);
  EXPECT_EQ(conclusion.word, "conforms");
  EXPECT_THAT(conclusion.rest, IsEmpty());
}

TEST(CheckConclusion, SaysHowManyStepsWereNotComparedAndWhy) {
  const CheckConclusion conclusion = after([](Trace& trace) { decline(trace.steps[2]); });
  EXPECT_EQ(conclusion.exit_code, 0);
  EXPECT_EQ(conclusion.word, "conforms where it was compared");
  EXPECT_EQ(conclusion.rest, "1 of 3 steps were not (needs a colour: 1)");
}

TEST(CheckConclusion, NothingComparedIsNoVerdict) {
  const CheckConclusion conclusion = after([](Trace& trace) {
    for (StepRecord& record : trace.steps) decline(record);
  });
  EXPECT_EQ(conclusion.exit_code, 2);
  EXPECT_EQ(conclusion.word, "nothing was compared");
  EXPECT_THAT(conclusion.rest, HasSubstr("3 of 3 steps were not"));
}

TEST(CheckConclusion, MemoryThatRanOutIsNoVerdict) {
  const CheckConclusion conclusion =
      after([](Trace& trace) { end(trace, Outcome::out_of_memory); });
  EXPECT_EQ(conclusion.exit_code, 2);
  EXPECT_EQ(conclusion.word + ": " + conclusion.rest, "out of memory: nothing is said of the rest");
}

TEST(CheckConclusion, ACrashIsADiscrepancy) {
  const CheckConclusion conclusion = after([](Trace& trace) { end(trace, Outcome::crashed); });
  EXPECT_EQ(conclusion.exit_code, 1);
  EXPECT_EQ(conclusion.word, "does not conform");
}

}  // namespace
}  // namespace normdiff
