#include "harness/campaign/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/findings/findings.hpp"
#include "harness/scenario/text/text.hpp"

namespace normdiff {
namespace {

std::string said(const HostFailure& failure) {
  if (failure.kind == HostFailure::Kind::timed_out) return failure.text;
  if (failure.kind == HostFailure::Kind::garbage)
    return fmt::format("the process wrote what is no answer: {}", failure.text);
  if (failure.kind == HostFailure::Kind::outgrew)
    return fmt::format("the process was ended: {}", failure.text);
  if (failure.kind == HostFailure::Kind::disturbed)
    return fmt::format("nothing that the subject did ended the process: {}", failure.text);
  return fmt::format("the process ended: {}", failure.text);
}

/// The outcome of the step under way.
Outcome outcome_of(const HostFailure& failure) {
  if (failure.kind == HostFailure::Kind::timed_out) return Outcome::timed_out;
  if (failure.kind == HostFailure::Kind::outgrew) return Outcome::out_of_memory;
  return Outcome::crashed;
}

/// The first step at which the process fails, and how it does; -1: it does not, or nobody could
/// look. `trace` is that of what comes before it.
int locate(HostLink& host, const Scenario& scenario, HostFailure& failure, Trace& trace) {
  Scenario beginning = scenario;
  beginning.statements.clear();
  Trace longer;
  for (std::size_t i = 0; i < scenario.statements.size(); ++i) {
    beginning.statements.push_back(scenario.statements[i]);
    const auto failed = host.trace(print(beginning), beginning.names.size(), longer);
    if (failed && !failed->is_the_subjects()) return -1;
    if (failed) {
      failure = *failed;
      return static_cast<int>(i);
    }
    std::swap(trace, longer);
  }
  return -1;
}

/// A finding that stands at no step.
Finding unlocated(const Manifest& subject, const Scenario& scenario, Verdict verdict,
                  const std::string& origin, std::string detail) {
  Finding finding;
  finding.signature = fmt::format("{}/unlocated/{}", subject.family, to_string(verdict));
  finding.signatures = {finding.signature};
  finding.scenario = print(scenario);
  finding.origin = origin;
  finding.subject = subject;
  finding.step = -1;
  finding.details = {std::move(detail)};
  return finding;
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
  if (!failure->is_the_subjects()) return *failure;
  return replay_failed(host, subject, scenario, deviations, options, origin, *failure);
}

bool happens_alone(HostLink& host, const Finding& finding, const Deviations& deviations,
                   const CheckOptions& check) {
  const auto parsed = parse(finding.scenario);
  if (!std::holds_alternative<Scenario>(parsed)) return false;
  const auto shows_it = [&] {
    const auto replayed = replay(host, finding.subject, std::get<Scenario>(parsed), deviations,
                                 check, finding.origin);
    if (!std::holds_alternative<Replayed>(replayed)) return false;
    const std::vector<Finding>& findings = std::get<Replayed>(replayed).findings;
    return std::any_of(findings.begin(), findings.end(), [&](const Finding& other) {
      const std::vector<std::string>& all = other.signatures;
      return std::find(all.begin(), all.end(), finding.signature) != all.end();
    });
  };
  if (shows_it()) return true;
  host.restart();
  return shows_it();
}

Replayed replay_failed(HostLink& host, const Manifest& subject, const Scenario& scenario,
                       const Deviations& deviations, const CheckOptions& options,
                       const std::string& origin, const HostFailure& failure) {
  Replayed replayed;
  if (failure.kind == HostFailure::Kind::disturbed) {
    replayed.harness_errors = {
        unlocated(subject, scenario, Verdict::harness_error, origin, said(failure))};
    ++replayed.tally.scenarios;
    ++replayed.tally.verdicts[ObservationClass::error][Verdict::harness_error];
    return replayed;
  }
  HostFailure located = failure;
  host.restart();
  const int step = locate(host, scenario, located, replayed.trace);
  if (step >= 0) {
    Trace& trace = replayed.trace;
    StepRecord& end = trace.steps.emplace_back();
    end.outcome = outcome_of(located);
    end.text = trace.arena.copy(said(located));
    end.first = end.last = static_cast<std::uint32_t>(trace.observations.size());
  }
  check_trace(subject, scenario, deviations, options, origin, replayed);
  if (step >= 0) return replayed;
  const Verdict verdict = outcome_of(located) == Outcome::timed_out       ? Verdict::timed_out
                          : outcome_of(located) == Outcome::out_of_memory ? Verdict::out_of_memory
                                                                          : Verdict::crashed;
  const Finding& finding =
      replayed.findings.emplace_back(unlocated(subject, scenario, verdict, origin, said(failure)));
  ++replayed.tally.signatures[finding.signature];
  ++replayed.tally.verdicts[ObservationClass::error][verdict];
  return replayed;
}

}  // namespace normdiff
