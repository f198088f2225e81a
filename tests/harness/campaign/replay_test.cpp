#include "harness/campaign/replay.hpp"

#include <gmock/gmock.h>

#include "harness/profiles/generate.hpp"
#include "harness/scenario/text/text.hpp"
#include "harness/subjects/textbook/textbook.hpp"
#include "tests/harness/campaign/campaign_support.hpp"

namespace normdiff::test {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int bad = 2;  ///< the scenario at which a strange host misbehaves, from step 2 on

HostOptions host(const std::string& mode) {
  HostOptions options;
  options.command = strange(mode, bad).command;
  options.deadline = milliseconds(2000);
  return options;
}
Manifest textbook() {
  return {"textbook", "textbook", "0.1.0", "", ""};
}
Scenario numbered(std::uint64_t number) {
  Scenario scenario;
  generate(Profile::modes, 1, number, scenario);
  return scenario;
}
/// What came of the scenario that a strange host does not survive.
Replayed replayed_on(const HostOptions& options, const Scenario& scenario) {
  HostLink link(options);
  auto answer = replay(link, textbook(), scenario, Deviations::built_in(), {}, "here");
  if (const auto* failure = std::get_if<HostFailure>(&answer)) {
    ADD_FAILURE() << failure->text;
    return {};
  }
  return std::get<Replayed>(std::move(answer));
}

TEST(Replay, WhatConformsIsNoFinding) {
  const Scenario scenario = numbered(bad);
  const Replayed replayed = replayed_on(host("none"), scenario);
  EXPECT_THAT(replayed.findings, IsEmpty());
  EXPECT_THAT(replayed.harness_errors, IsEmpty());
  EXPECT_EQ(replayed.trace.steps.size(), scenario.statements.size());
  EXPECT_EQ(replayed.tally.scenarios, 1U);
}

TEST(Replay, ADiscrepancyIsAFindingWithItsScenarioAndWhereItCameFrom) {
  const auto parsed = parse(
      "# normdiff-scenario 1\nnet = BatchNorm1d(2)\nx = tensor(3, 2, normal(0, 1), seed=1)\n"
      "y = net(x)\n");
  const Scenario& scenario = std::get<Scenario>(parsed);
  const Replayed replayed = replayed_on(host("counter-missed"), scenario);
  ASSERT_EQ(replayed.findings.size(), 1U);
  const Finding& finding = replayed.findings.front();
  EXPECT_EQ(finding.step, 2);
  EXPECT_EQ(finding.statement, "y = net(x)");
  EXPECT_EQ(finding.scenario, print(scenario));
  EXPECT_EQ(finding.origin, "here");
  EXPECT_THAT(finding.details, ElementsAre(HasSubstr("num_batches_tracked is 0, expected 1")));
}

struct Ending {
  const char* mode;
  Verdict verdict;
  const char* detail;
};
void PrintTo(const Ending& ending, std::ostream* out) {
  *out << ending.mode;
}
class ReplayEnding : public testing::TestWithParam<Ending> {};
INSTANTIATE_TEST_SUITE_P(
    All, ReplayEnding,
    testing::Values(Ending{"crash", Verdict::crashed, "the process ended: signal 11"},
                    Ending{"exit", Verdict::crashed, "the process ended: exit 3"},
                    Ending{"halfway", Verdict::crashed, "the process ended: exit 0"},
                    Ending{"garbage", Verdict::crashed, "the process wrote what is no answer"},
                    Ending{"hang", Verdict::timed_out, "no answer for 2000 ms"}));

TEST_P(ReplayEnding, IsAFindingAtTheFirstStepThatBringsItAbout) {
  const Scenario scenario = numbered(bad);
  const Replayed replayed = replayed_on(host(GetParam().mode), scenario);
  ASSERT_EQ(replayed.findings.size(), 1U);
  const Finding& finding = replayed.findings.front();
  EXPECT_EQ(finding.step, 2);
  EXPECT_EQ(finding.statement, print(scenario, scenario.statements[2].step));
  EXPECT_THAT(
      finding.signature,
      testing::AllOf(
          testing::StartsWith(
              "textbook/" + std::string(step_kind_name(scenario.statements[2].step.index())) + "/"),
          testing::EndsWith("/" + std::string(to_string(GetParam().verdict)))));
  EXPECT_THAT(finding.signatures, ElementsAre(finding.signature));
  EXPECT_THAT(finding.details, ElementsAre(HasSubstr(GetParam().detail)));
  EXPECT_EQ(finding.origin, "here");
  // What came before it is there, judged; the end is the last step.
  ASSERT_EQ(replayed.trace.steps.size(), 3U);
  EXPECT_EQ(replayed.trace.steps[1].outcome, Outcome::ok);
  EXPECT_EQ(to_string(replayed.trace.steps[2].outcome), to_string(GetParam().verdict));
  // It counts as one scenario with one such verdict.
  EXPECT_EQ(replayed.tally.scenarios, 1U);
  EXPECT_EQ(replayed.tally.steps, 3U);
  EXPECT_EQ(replayed.tally.signatures.at(finding.signature), 1U);
  EXPECT_EQ(replayed.tally.verdicts[ObservationClass::error][GetParam().verdict], 1U);
}

TEST(Replay, WhatStepsShowBeforeTheProcessEndsIsJudged) {
  // A scenario with a discrepancy before its last step.
  const Subject faulty = make_textbook_subject("counter-missed");
  for (int number = 0; number < 200; ++number) {
    const Scenario scenario = numbered(static_cast<std::uint64_t>(number));
    Replayed alone;
    faulty.run(scenario, resolve(scenario), alone.trace);
    check_trace(faulty.manifest, scenario, Deviations::built_in(), {}, "here", alone);
    const int last = static_cast<int>(scenario.statements.size()) - 1;
    if (alone.findings.empty() || alone.findings.front().step == last) continue;
    HostOptions options;
    options.command = strange("late", number, "counter-missed").command;
    const Replayed replayed = replayed_on(options, scenario);
    ASSERT_GE(replayed.findings.size(), 2U);
    EXPECT_EQ(replayed.findings.front().signature, alone.findings.front().signature);
    EXPECT_EQ(replayed.findings.back().step, last);
    EXPECT_THAT(replayed.findings.back().signature, HasSubstr("crashed"));
    return;
  }
  FAIL() << "no such scenario";
}

TEST(Replay, AHostThatCannotBeStartedIsNoFinding) {
  HostOptions options;
  options.command = {"/nowhere/host"};
  HostLink link(options);
  const auto answer = replay(link, textbook(), numbered(bad), Deviations::built_in(), {}, "here");
  ASSERT_TRUE(std::holds_alternative<HostFailure>(answer));
  EXPECT_EQ(std::get<HostFailure>(answer).kind, HostFailure::Kind::not_started);
}

Replayed after_a_crash(HostLink& link) {
  const HostFailure failure{HostFailure::Kind::crashed, "signal 9 (Killed)", bad};
  return replay_failed(link, textbook(), numbered(bad), Deviations::built_in(), {}, "here",
                       failure);
}

TEST(ReplayFailed, WhatDoesNotHappenAgainHasNoStep) {
  HostLink link(host("none"));
  const Replayed replayed = after_a_crash(link);
  ASSERT_EQ(replayed.findings.size(), 1U);
  const Finding& finding = replayed.findings.front();
  EXPECT_EQ(finding.step, -1);
  EXPECT_EQ(finding.statement, "");
  EXPECT_EQ(finding.signature, "textbook/unlocated/crashed");
  EXPECT_EQ(replayed.tally.signatures.at(finding.signature), 1U);
  EXPECT_EQ(replayed.trace.steps.size(), numbered(bad).statements.size());
}

TEST(ReplayFailed, WhatWasDisturbedIsAFailureOfTheHarnessAndNoFinding) {
  HostLink link(host("none"));
  const Replayed replayed =
      replay_failed(link, textbook(), numbered(bad), Deviations::built_in(), {}, "here",
                    {HostFailure::Kind::disturbed, "killed from outside", bad});
  EXPECT_THAT(replayed.findings, IsEmpty());
  ASSERT_EQ(replayed.harness_errors.size(), 1U);
  EXPECT_THAT(replayed.harness_errors.front().details, ElementsAre(HasSubstr("from outside")));
  EXPECT_EQ(replayed.tally.scenarios, 1U);
  EXPECT_EQ(replayed.tally.verdicts[ObservationClass::error][Verdict::harness_error], 1U);
}

TEST(ReplayFailed, WhereNobodyCouldLookItDidNotHappen) {
  HostOptions options;
  options.command = {"/nowhere/host"};
  HostLink gone(options);
  EXPECT_EQ(after_a_crash(gone).findings.at(0).step, -1);
  const std::atomic<int> interrupted{2};
  options = host("hang");
  options.deadline = milliseconds(60'000);  // longer than an interrupt waits
  HostLink hangs(options, &interrupted);
  EXPECT_EQ(after_a_crash(hangs).findings.at(0).step, -1);
}

bool alone(const HostOptions& options, const Finding& finding, const CheckOptions& check = {}) {
  HostLink link(options);
  return happens_alone(link, finding, Deviations::built_in(), check);
}

TEST(HappensAlone, WhereAProcessOfItsOwnShowsTheSameSignature) {
  const Finding finding = replayed_on(host("crash"), numbered(bad)).findings.at(0);
  EXPECT_TRUE(alone(host("crash"), finding));
  EXPECT_FALSE(alone(host("none"), finding));
  Finding other = finding;
  other.signature = "textbook/forward/crashed, but elsewhere";
  EXPECT_FALSE(alone(host("crash"), other));
  other = finding;
  other.scenario = "nonsense";
  EXPECT_FALSE(alone(host("crash"), other));
}

/// One batch norm and a forward: the counter moves.
Scenario counting() {
  const auto parsed = parse(
      "# normdiff-scenario 1\nnet = BatchNorm1d(2)\nx = "
      "tensor(3, 2, normal(0, 1), seed=1)\n"
      "y = net(x)\n");
  return std::get<Scenario>(parsed);
}

TEST(HappensAlone, OneProcessTriesMany) {
  const TemporaryFolder folder;
  const std::string starts = (folder.path() / "starts").string();
  HostOptions options = host("counter-missed");
  const Finding finding = replayed_on(options, counting()).findings.at(0);
  std::string command = "echo >> '" + starts + "'; exec";
  for (const std::string& word : options.command) command += " '" + word + "'";
  options.command = {"/bin/sh", "-c", command};
  HostLink link(options);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(happens_alone(link, finding, Deviations::built_in(), {}));
  EXPECT_EQ(read(starts), "\n");
  Finding other = finding;
  other.signature = "not this";
  EXPECT_FALSE(happens_alone(link, other, Deviations::built_in(), {}));
  EXPECT_EQ(read(starts), "\n\n") << "what does not show is tried in a fresh one";
}

TEST(HappensAlone, WhatACheckerThatSaysEqualWouldNotSeeDoesNot) {
  const HostOptions options = host("counter-missed");
  const Finding finding = replayed_on(options, counting()).findings.at(0);
  EXPECT_TRUE(alone(options, finding));
  CheckOptions check;
  check.always_equal = true;
  EXPECT_FALSE(alone(options, finding, check));
}

}  // namespace
}  // namespace normdiff::test
