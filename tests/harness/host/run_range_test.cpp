#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "harness/findings/findings.hpp"
#include "harness/host/run_range.hpp"
#include "harness/subjects/textbook/textbook.hpp"
#include "harness/triage/deviations.hpp"

namespace normdiff {
namespace {

RangeResult run(std::string_view fault, std::uint64_t first, std::uint64_t count,
                std::vector<std::uint64_t>* at = nullptr, const std::function<bool()>& stop = {}) {
  const Subject subject = make_textbook_subject(fault);
  Checker checker(subject.manifest, Deviations::built_in());
  return run_range(
      {Profile::modes, 3, first, count}, subject, checker,
      [&](std::uint64_t number) {
        if (at) at->push_back(number);
      },
      stop);
}

TEST(RunRange, TellsEachNumberBeforeItIsRunAndBeforeItIsJudged) {
  std::vector<std::uint64_t> at;
  EXPECT_EQ(run("", 10, 3, &at).done, 3U);
  EXPECT_EQ(at, (std::vector<std::uint64_t>{10, 11, 12, 10, 11, 12}));
}

TEST(RunRange, ANumberThatTakesTheProcessDownIsTheOneToldLast) {
  constexpr std::uint64_t fatal = 70;  // behind many that were run and judged
  Subject subject = make_textbook_subject("");
  std::uint64_t last = 0;
  const auto run = subject.run;
  subject.run = [&](const Scenario& scenario, const Scope& scope, Trace& trace) {
    if (last == fatal) throw std::runtime_error("down");
    run(scenario, scope, trace);
  };
  Checker checker(subject.manifest, Deviations::built_in());
  EXPECT_THROW((void)run_range({Profile::modes, 3, 0, 100}, subject, checker,
                               [&last](std::uint64_t number) { last = number; }),
               std::runtime_error);
  EXPECT_EQ(last, fatal);
}

TEST(RunRange, JudgesEveryScenarioOnce) {
  for (const std::uint64_t count : {1U, 31U, 32U, 33U, 100U}) {
    const RangeResult result = run("", 0, count);
    EXPECT_EQ(result.done, count);
    EXPECT_EQ(result.tally.scenarios, count);
  }
}

TEST(RunRange, JudgesAllThatWasRunBeforeItStops) {
  int asked = 0;
  const RangeResult result = run("", 0, 1000, nullptr, [&asked] { return ++asked > 50; });
  EXPECT_GT(result.done, 1U);
  EXPECT_LT(result.done, 1000U);
  EXPECT_EQ(result.tally.scenarios, result.done);
}

TEST(RunRange, StopsAfterAWholeScenarioButNotBeforeTheFirst) {
  EXPECT_EQ(run("", 0, 100, nullptr, [] { return true; }).done, 1U);
}

TEST(RunRange, EveryDiscrepancyIsInSomeFinding) {
  // Each of these shows several things in one step, and never some of them alone.
  for (const char* fault : {"statistics-moved-under-eval", "counter-missed", "momentum-swapped"}) {
    const RangeResult result = run(fault, 0, 1000);
    Signatures told;
    for (const Finding& finding : result.findings) {
      EXPECT_TRUE(told.count(finding.signature) == 0) << finding.signature;
      told.insert(finding.signatures.begin(), finding.signatures.end());
    }
    EXPECT_FALSE(result.tally.signatures.empty());
    for (const auto& [signature, hits] : result.tally.signatures)
      EXPECT_EQ(told.count(signature), 1U) << fault << ": " << signature;
  }
}

TEST(RunRange, TwoPartsAddUpToTheWhole) {
  RangeResult sum = run("counter-missed", 100, 100);
  add(sum, run("counter-missed", 0, 100));
  RangeResult whole = run("counter-missed", 0, 200);
  const auto sorted = [](RangeResult result) {
    std::sort(result.findings.begin(), result.findings.end(),
              [](const Finding& a, const Finding& b) { return a.signature < b.signature; });
    return to_json(result);
  };
  EXPECT_FALSE(whole.findings.empty());
  EXPECT_EQ(sorted(std::move(sum)), sorted(std::move(whole)));
}

}  // namespace
}  // namespace normdiff
