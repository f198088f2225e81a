#pragma once

#include <map>
#include <string>

#include "harness/campaign/replay.hpp"
#include "harness/cli/terminal.hpp"
#include "harness/triage/deviations.hpp"

namespace normdiff {

/// A scenario step by step: its text, its outcome, the training flag of every module after it, the
/// statistics that it moved, and in words what was not as it should be. `everything`: every judged
/// observation too. `replayed.checked` holds everything.
[[nodiscard]] std::string step_table(const Scenario& scenario, const Replayed& replayed,
                                     const Deviations& deviations, bool everything,
                                     const Terminal& terminal);

/// "net T, net.bn E": for each name the root's flag, then the places that differ from it.
class Flags {
 public:
  /// Takes over what a step shows.
  void observe(const Trace& trace, const StepRecord& step);
  [[nodiscard]] std::string text(const Scenario& scenario, const Scope& scope) const;

 private:
  std::map<std::uint64_t, bool> flags_;  ///< by Key::packed()
};

}  // namespace normdiff
