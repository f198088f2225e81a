#include <algorithm>

#include "harness/campaign/campaign.hpp"
#include "harness/campaign/findings.hpp"
#include "harness/scenario/text.hpp"

namespace normdiff {
namespace {

/// Rare: what a scenario with something to tell adds to the result.
void note(const Range& range, std::uint64_t number, const Scenario& scenario, const Scope& scope,
          const Manifest& subject, const CheckResult& checked, RangeResult& result) {
  const auto add_new = [&](std::vector<Finding>& kept, FindingKind kind) {
    for (Finding& finding : findings_of(scenario, scope, subject, checked, kind)) {
      const bool known = std::any_of(kept.begin(), kept.end(), [&](const Finding& other) {
        return other.signature == finding.signature;
      });
      if (known) continue;  // numbers only grow: the one kept is the first
      finding.scenario = print(scenario);
      finding.origin = origin_of(range, number);
      finding.number = number;
      kept.push_back(std::move(finding));
    }
  };
  add_new(result.findings, FindingKind::discrepancy);
  add_new(result.harness_errors, FindingKind::harness_error);
}

}  // namespace

RangeResult run_range(const Range& range, const Subject& subject, Checker& checker,
                      const std::function<void(std::uint64_t)>& at,
                      const std::function<bool()>& stop) {
  RangeResult result;
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
      note(range, number, scenario, scope, subject.manifest, checked, result);
  }
  return result;
}

}  // namespace normdiff
