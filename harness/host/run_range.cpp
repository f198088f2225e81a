#include "harness/host/run_range.hpp"

#include <array>
#include <span>

#include "harness/findings/findings.hpp"
#include "harness/profiles/generate.hpp"
#include "harness/scenario/text/text.hpp"

namespace normdiff {
namespace {

/// The signatures that were shown already: numbers only grow, so one that comes again adds nothing.
struct Seen {
  Signatures discrepancies;
  Signatures harness_errors;
};

/// Rare: what a scenario with something to tell adds to the result.
void note(const SeedRange& range, std::uint64_t number, const Scenario& scenario,
          const Scope& scope, const Manifest& subject, const CheckResult& checked, Seen& seen,
          RangeResult& result) {
  const auto add_new = [&](std::vector<Finding>& kept, FindingKind kind, Signatures& known) {
    for (Finding& finding : findings_of(scenario, scope, subject, checked, kind, &known)) {
      finding.scenario = print(scenario);
      finding.origin = origin_of(range, number);
      finding.number = number;
      kept.push_back(std::move(finding));
    }
  };
  add_new(result.findings, FindingKind::discrepancy, seen.discrepancies);
  add_new(result.harness_errors, FindingKind::harness_error, seen.harness_errors);
}

}  // namespace

RangeResult run_range(const SeedRange& range, const Subject& subject, Checker& checker,
                      const std::function<void(std::uint64_t)>& at,
                      const std::function<bool()>& stop) {
  struct Run {
    std::uint64_t number = 0;
    Scenario scenario;
    Scope scope;
    Trace trace;
  };
  // The subject and the checker take turns by several scenarios: either's code would push the
  // other's out of the processor's caches with each.
  std::array<Run, 32> runs;
  RangeResult result;
  Seen seen;
  CheckResult checked;
  const auto stopped = [&](std::uint64_t done) { return done > 0 && stop && stop(); };
  while (result.done < range.count && result.disturbed.empty() && !stopped(result.done)) {
    std::size_t ready = 0;
    while (ready < runs.size() && result.done + ready < range.count &&
           !(ready > 0 && stopped(ready))) {
      Run& run = runs[ready];
      run.number = range.first + result.done + ready;
      at(run.number);
      generate(range.profile, range.seed, run.number, run.scenario);
      run.scope = resolve(run.scenario);
      subject.run(run.scenario, run.scope, run.trace);
      if (run.trace.is_disturbed()) {
        result.disturbed = run.trace.steps.back().text;
        break;
      }
      ++ready;
    }
    for (const Run& run : std::span(runs).first(ready)) {
      at(run.number);
      checker.check(run.scenario, run.scope, run.trace, result.tally, checked);
      if (!checked.judged.empty())
        note(range, run.number, run.scenario, run.scope, subject.manifest, checked, seen, result);
    }
    result.done += ready;
  }
  return result;
}

}  // namespace normdiff
