#include "harness/host/host_link.hpp"

#include <gmock/gmock.h>

#include "harness/profiles/generate.hpp"
#include "harness/scenario/text/text.hpp"
#include "tests/harness/campaign/campaign_support.hpp"

namespace normdiff::test {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::Field;
using testing::HasSubstr;
using testing::Optional;
using testing::VariantWith;
using Kind = HostFailure::Kind;

HostOptions host(const std::string& mode, int number = 0, const std::string& with = "") {
  HostOptions options;
  options.command = strange(mode, number, with).command;
  return options;
}

auto fails(Kind kind, const std::string& text) {
  return VariantWith<HostFailure>(
      AllOf(Field(&HostFailure::kind, kind), Field(&HostFailure::text, HasSubstr(text))));
}
auto is_textbook() {
  return VariantWith<Manifest>(Field(&Manifest::family, "textbook"));
}

TEST(HostLink, ARefusedStepIsAStepAndNoErrorOfTheHost) {
  HostLink link(host("none"));
  Trace trace;
  const auto failure = link.trace(
      "# normdiff-scenario 1\nnet = BatchNorm2d(2)\nx = tensor(2, normal(0, 1), seed=1)\ny = "
      "net(x)\n",
      3, trace);
  ASSERT_FALSE(failure) << failure->text;
  ASSERT_EQ(trace.steps.size(), 3U);
  EXPECT_EQ(trace.steps[2].outcome, Outcome::error);
}

TEST(HostLink, WhatTheHostFindsWrongWithARequestIsNoAnswer) {
  HostLink link(host("none"));
  Trace trace;
  const auto failure = link.trace("nonsense", 0, trace);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, Kind::garbage);
  EXPECT_THAT(link.manifest(), is_textbook());
}

TEST(HostLink, ARangeEndsEarlyWithAWholeScenario) {
  HostLink link(host("none"));
  const auto result = link.run({Profile::modes, 1, 0, 1'000'000'000}, 0.05);
  ASSERT_TRUE(std::holds_alternative<RangeResult>(result));
  const RangeResult& range = std::get<RangeResult>(result);
  EXPECT_GT(range.done, 0U);
  EXPECT_EQ(range.done, range.tally.scenarios);
}

TEST(HostLink, TheDeadlineIsForOneScenarioNotForTheRange) {
  HostOptions options = host("none");
  options.deadline = milliseconds(1000);
  HostLink link(options);
  ASSERT_THAT(link.manifest(), is_textbook());  // it runs
  const auto result = link.run({Profile::modes, 1, 0, 1'000'000'000}, 2.0);
  EXPECT_TRUE(std::holds_alternative<RangeResult>(result));
}

// --- Every way to fail is a value, and the next request gets a new host --------------------------

struct Ending {
  const char* mode;
  Kind kind;
  const char* text;
};
void PrintTo(const Ending& ending, std::ostream* out) {
  *out << ending.mode;
}

class HostLinkEnding : public testing::TestWithParam<Ending> {
 protected:
  static constexpr std::uint64_t bad = 2;  ///< the scenario at which it happens
  static HostOptions options() {
    HostOptions options = host(GetParam().mode, bad);
    // What does not hang is to have the time, on a busy machine too.
    options.deadline = milliseconds(GetParam().kind == Kind::timed_out ? 2000 : 60'000);
    options.memory = std::uint64_t{256} << 20;
    return options;
  }
};
INSTANTIATE_TEST_SUITE_P(All, HostLinkEnding,
                         testing::Values(Ending{"crash", Kind::crashed,
                                                "signal 11 (Segmentation fault)"},
                                         Ending{"exit", Kind::crashed, "exit 3"},
                                         Ending{"halfway", Kind::crashed, "exit 0"},
                                         Ending{"hang", Kind::timed_out, "no answer for 2000 ms"},
                                         Ending{"leak", Kind::outgrew, "and 256 are allowed"},
                                         Ending{"garbage", Kind::garbage, "No, garbage."}));

TEST_P(HostLinkEnding, OfARangeTellsTheScenarioUnderWay) {
  HostLink link(options());
  const auto ended = link.run({Profile::modes, 1, 0, 5}, 0);
  EXPECT_THAT(ended, fails(GetParam().kind, GetParam().text));
  EXPECT_THAT(std::get<HostFailure>(ended).number, Optional(bad));
  const auto rest = link.run({Profile::modes, 1, bad + 1, 5}, 0);
  ASSERT_TRUE(std::holds_alternative<RangeResult>(rest));
  EXPECT_EQ(std::get<RangeResult>(rest).done, 5U);
}

TEST_P(HostLinkEnding, OfATraceHasNoNumber) {
  HostLink link(options());
  Scenario scenario;
  generate(Profile::modes, 1, bad, scenario);
  Trace trace;
  const auto failure = link.trace(print(scenario), scenario.names.size(), trace);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, GetParam().kind);
  EXPECT_THAT(failure->text, HasSubstr(GetParam().text));
  EXPECT_EQ(failure->number, std::nullopt);
  generate(Profile::modes, 1, bad + 1, scenario);
  EXPECT_FALSE(link.trace(print(scenario), scenario.names.size(), trace));
  EXPECT_EQ(trace.steps.size(), scenario.statements.size());
}

// --- Nothing that the subject did ----------------------------------------------------------------

TEST(HostLink, WhatIsKilledFromOutsideIsTriedAgain) {
  const TemporaryFolder folder;
  HostLink link(host("killed-once", 2, (folder.path() / "killed").string()));
  const auto result = link.run({Profile::modes, 1, 0, 5}, 0);
  ASSERT_TRUE(std::holds_alternative<RangeResult>(result));
  EXPECT_EQ(std::get<RangeResult>(result).done, 5U);
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "killed"));
}

TEST(HostLink, WhatIsKilledAtEveryTryIsDisturbed) {
  HostLink link(host("killed", 2));
  const auto ended = link.run({Profile::modes, 1, 0, 5}, 0);
  EXPECT_THAT(ended,
              fails(Kind::disturbed, "killed from outside, signal 9 (Killed), at each of 3 tries"));
  EXPECT_THAT(std::get<HostFailure>(ended).number, Optional(2U));
  EXPECT_FALSE(std::get<HostFailure>(ended).is_the_subjects());
  Scenario scenario;
  generate(Profile::modes, 1, 2, scenario);
  Trace trace;
  const auto failure = link.trace(print(scenario), scenario.names.size(), trace);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, Kind::disturbed);
}

TEST(HostLink, WhatIsStoppedIsDisturbedAndNotTimedOut) {
  HostOptions options = host("stopped", 2);
  options.deadline = milliseconds(500);
  EXPECT_THAT(HostLink(options).run({Profile::modes, 1, 0, 5}, 0),
              fails(Kind::disturbed, "no answer for 500 ms of which it was stopped"));
}

TEST(HostLink, AHostThatDiesWhileItStartsIsTriedAgain) {
  const TemporaryFolder folder;
  const std::string file = (folder.path() / "died").string();
  EXPECT_THAT(HostLink(host("dies-starting", 0, file)).manifest(), is_textbook());
  EXPECT_TRUE(std::filesystem::exists(file));
}

TEST(HostLink, AHostThatNeverSaysWhatItIsIsGivenUp) {
  HostOptions options = host("mute");
  options.start_deadline = milliseconds(200);
  HostLink link(options);
  EXPECT_THAT(link.manifest(), fails(Kind::not_started, "no answer for 200 ms"));
}

TEST(HostLink, AProgramThatIsNoHostIsQuotedWithItsLastWords) {
  HostOptions options;
  options.command = {"/bin/sh", "-c", "echo first >&2; echo 'a library is missing' >&2; exit 127"};
  EXPECT_THAT(HostLink(options).manifest(),
              fails(Kind::not_started, "exit 127: a library is missing"));
  options.command = {"/bin/echo", "hello"};
  EXPECT_THAT(HostLink(options).manifest(), fails(Kind::not_started, "hello"));
}

TEST(HostLink, AProgramThatIsNotThereIsNotStarted) {
  HostOptions options;
  options.command = {"/nowhere/host"};
  HostLink link(options);
  EXPECT_THAT(link.manifest(), fails(Kind::not_started, "/nowhere/host"));
  EXPECT_TRUE(std::holds_alternative<HostFailure>(link.run({Profile::modes, 1, 0, 1}, 0)));
}

TEST(HostLink, AnInterruptDoesNotWaitForAHostThatHangs) {
  const std::atomic<int> interrupted{2};
  HostLink link(host("mute"), &interrupted);
  EXPECT_THAT(link.manifest(), fails(Kind::interrupted, "interrupted"));
}

}  // namespace
}  // namespace normdiff::test
