#include "harness/host/run_range.hpp"
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
  RangeResult result;
  Seen seen;
  Scenario scenario;
  Trace trace;
  CheckResult checked;
  for (; result.done < range.count && !(result.done > 0 && stop && stop()); ++result.done) {
    const std::uint64_t number = range.first + result.done;
    at(number);
    generate(range.profile, range.seed, number, scenario);
    const Scope scope = resolve(scenario);
    subject.run(scenario, scope, trace);
    checker.check(scenario, scope, trace, result.tally, checked);
    if (!checked.judged.empty())
      note(range, number, scenario, scope, subject.manifest, checked, seen, result);
  }
  return result;
}

}  // namespace normdiff
