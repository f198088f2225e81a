#pragma once

#include <string>
#include <variant>
#include <vector>

#include "harness/check/check.hpp"
#include "harness/host/host_link.hpp"
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
/// error (see replay_failed); one that can't be started is a HostFailure. `origin` is what the
/// findings say they come from.
[[nodiscard]] std::variant<Replayed, HostFailure> replay(HostLink& host, const Manifest& subject,
                                                         const Scenario& scenario,
                                                         const Deviations& deviations,
                                                         const CheckOptions& options,
                                                         const std::string& origin);

/// Replays a finding's scenario on a host that does nothing but that: the same signature again? One
/// process may replay many findings; what does not show in it is tried in a fresh one.
[[nodiscard]] bool happens_alone(HostLink& host, const Finding& finding,
                                 const Deviations& deviations, const CheckOptions& check);

/// Judges a trace.
void check_trace(const Manifest& subject, const Scenario& scenario, const Deviations& deviations,
                 const CheckOptions& options, const std::string& origin, Replayed& replayed);

/// Replays the rest of a scenario that took the process down. Longer and longer beginnings of it
/// are run: the trace is that of the longest that lives, judged, then the step at which the process
/// ends. The last finding is the failure; its `step` is -1 where it does not happen again. What was
/// disturbed from outside at every try is a harness error, and nothing is run.
[[nodiscard]] Replayed replay_failed(HostLink& host, const Manifest& subject,
                                     const Scenario& scenario, const Deviations& deviations,
                                     const CheckOptions& options, const std::string& origin,
                                     const HostFailure& failure);

}  // namespace normdiff
