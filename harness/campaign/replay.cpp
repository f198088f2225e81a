#include "harness/campaign/replay.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/campaign/findings.hpp"
#include "harness/scenario/text.hpp"

namespace normdiff {
namespace {

Verdict verdict_of(HostFailure::Kind kind) {
  return kind == HostFailure::Kind::timed_out ? Verdict::timed_out : Verdict::crashed;
}

}  // namespace

void check_trace(const Manifest& subject, const Scenario& scenario, const Deviations& deviations,
                 const CheckOptions& options, const std::string& origin, Replayed& replayed) {
  const Scope scope = resolve(scenario);
  Checker checker(subject, deviations, options);
  checker.check(scenario, scope, replayed.trace, replayed.tally, replayed.checked);
  const auto collect = [&](FindingKind kind) {
    std::vector<Finding> findings = findings_of(scenario, scope, subject, replayed.checked, kind);
    for (Finding& finding : findings) {
      finding.scenario = print(scenario);
      finding.origin = origin;
    }
    return findings;
  };
  replayed.findings = collect(FindingKind::discrepancy);
  replayed.harness_errors = collect(FindingKind::harness_error);
}

std::variant<Replayed, HostFailure> replay(HostLink& host, const Manifest& subject,
                                           const Scenario& scenario, const Deviations& deviations,
                                           const CheckOptions& options, const std::string& origin) {
  Replayed replayed;
  const auto failure = host.trace(print(scenario), scenario.names.size(), replayed.trace);
  if (!failure) {
    check_trace(subject, scenario, deviations, options, origin, replayed);
    return replayed;
  }
  if (failure->kind == HostFailure::Kind::not_started ||
      failure->kind == HostFailure::Kind::interrupted)
    return *failure;
  Finding finding = locate_failure(host, subject, scenario, *failure);
  finding.origin = origin;
  count_failure(finding, *failure, replayed.tally);
  replayed.trace.clear();
  replayed.findings.push_back(std::move(finding));
  return replayed;
}

bool happens_alone(const HostOptions& options, const Finding& finding,
                   const Deviations& deviations) {
  const auto parsed = parse(finding.scenario);
  if (!std::holds_alternative<Scenario>(parsed)) return false;
  HostLink fresh(options);
  CheckOptions check;
  check.always_equal = options.always_equal;
  const auto replayed =
      replay(fresh, finding.subject, std::get<Scenario>(parsed), deviations, check, finding.origin);
  if (!std::holds_alternative<Replayed>(replayed)) return false;
  const std::vector<Finding>& findings = std::get<Replayed>(replayed).findings;
  return std::any_of(findings.begin(), findings.end(), [&](const Finding& other) {
    const std::vector<std::string>& all = other.signatures;
    return std::find(all.begin(), all.end(), finding.signature) != all.end();
  });
}

Finding locate_failure(HostLink& host, const Manifest& subject, const Scenario& scenario,
                       const HostFailure& failure) {
  Finding finding;
  finding.scenario = print(scenario);
  finding.subject = subject;
  finding.step = -1;
  host.restart();
  Scenario beginning = scenario;
  beginning.statements.clear();
  Trace trace;
  for (std::size_t i = 0; i < scenario.statements.size() && finding.step < 0; ++i) {
    beginning.statements.push_back(scenario.statements[i]);
    if (host.trace(print(beginning), beginning.names.size(), trace))
      finding.step = static_cast<int>(i);
  }
  std::string_view kind = "unlocated";
  if (finding.step >= 0) {
    const Step& step = scenario.statements[static_cast<std::size_t>(finding.step)].step;
    kind = step_kind_name(step.index());
    finding.statement = print(scenario, step);
  }
  finding.signature =
      fmt::format("{}/{}/{}", subject.family, kind, to_string(verdict_of(failure.kind)));
  finding.signatures = {finding.signature};
  finding.details = {fmt::format("the process ended: {}", failure.text)};
  if (failure.kind == HostFailure::Kind::timed_out) finding.details = {failure.text};
  if (failure.kind == HostFailure::Kind::garbage)
    finding.details = {fmt::format("the process wrote what is no answer: {}", failure.text)};
  return finding;
}

void count_failure(const Finding& finding, const HostFailure& failure, Tally& tally) {
  ++tally.scenarios;
  ++tally.signatures[finding.signature];
  ++tally.verdicts[static_cast<std::size_t>(ObservationClass::error)]
                  [static_cast<std::size_t>(verdict_of(failure.kind))];
}

}  // namespace normdiff
