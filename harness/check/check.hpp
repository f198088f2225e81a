#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/check/tally.hpp"
#include "harness/scenario/scope.hpp"
#include "harness/subject/subject.hpp"
#include "harness/trace/trace.hpp"

namespace normdiff {

class Deviations;

/// One observation of one step, judged, with all that a reader needs.
struct Judged {
  int step = 0;  ///< index of the statement
  Key key;       ///< for an outcome: {0, 0, value} and observed == error
  ObservationClass observed_class = ObservationClass::error;
  Verdict verdict = Verdict::equal;
  ModuleKind leaf = no_leaf;  ///< kind of the module it belongs to
  const char* branch =
      "";                ///< branch of the reference: "batch statistics", "cumulative average", ...
  std::string expected;  ///< "False", "0.25 (+- 3e-08)"
  std::string observed;
  double ratio = 0;       ///< error / bound of the worst element
  std::string deviation;  ///< id of the deviation that predicts it
};

/// (subject family, step kind, leaf module kind, branch, class, verdict, predicted by): one
/// signature is one discrepancy.
[[nodiscard]] std::string signature(const Manifest& subject, const Scenario& scenario,
                                    const Judged& judged);

struct CheckOptions {
  bool keep_everything = false;  ///< every judged observation, for tables; else discrepancies only
  bool always_equal =
      false;  ///< the checker that says equal to everything: proves that tests can fail
};

struct CheckResult {
  std::vector<Judged> judged;  ///< in order of steps; discrepancies, known ones too, or everything
};

/// Judges traces, each step from the state the subject was really in before it. Keep one: its
/// memory is reused from scenario to scenario.
class Checker {
 public:
  /// `deviations` must outlive the checker.
  Checker(Manifest subject, const Deviations& deviations, CheckOptions options = {});
  ~Checker();
  Checker(const Checker&) = delete;
  Checker& operator=(const Checker&) = delete;

  /// Adds what it finds to `tally`; `result` is overwritten. `scope` is resolve(scenario).
  void check(const Scenario& scenario, const Scope& scope, const Trace& trace, Tally& tally,
             CheckResult& result);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace normdiff
