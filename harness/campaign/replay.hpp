#pragma once

#include <string>
#include <variant>
#include <vector>

#include "harness/campaign/host_link.hpp"
#include "harness/triage/deviations.hpp"

namespace normdiff {

/// One scenario run on its own, and judged.
struct Replayed {
  Tally tally;
  Trace trace;
  CheckResult checked;
  std::vector<Finding> findings;
  std::vector<Finding> harness_errors;
};

/// Runs a scenario on a host and checks the trace here. A host that dies is a finding, not an
/// error; one that can't be started is a HostFailure. `origin` is what the findings say they come
/// from.
[[nodiscard]] std::variant<Replayed, HostFailure> replay(HostLink& host, const Manifest& subject,
                                                         const Scenario& scenario,
                                                         const Deviations& deviations,
                                                         const CheckOptions& options,
                                                         const std::string& origin);

/// Replays a finding's scenario alone in a fresh process: the same signature again?
[[nodiscard]] bool happens_alone(const HostOptions& options, const Finding& finding,
                                 const Deviations& deviations);

/// What a trace shows, judged.
void check_trace(const Manifest& subject, const Scenario& scenario, const Deviations& deviations,
                 const CheckOptions& options, const std::string& origin, Replayed& replayed);

/// The finding of a scenario that took the process down: the step at which it does is found by
/// running longer and longer beginnings of it. `step` is -1 where it does not happen again.
[[nodiscard]] Finding locate_failure(HostLink& host, const Manifest& subject,
                                     const Scenario& scenario, const HostFailure& failure);

/// Counts a scenario that only gave a failure.
void count_failure(const Finding& finding, const HostFailure& failure, Tally& tally);

}  // namespace normdiff
