#pragma once

#include <vector>

#include "harness/check/trial.hpp"
#include "harness/model/execute.hpp"
#include "harness/triage/predictions/predictions.hpp"

namespace normdiff {

class Deviations;

/// Explains the discrepancies of a step by the deviations that are known of a subject: each alone,
/// then several together.
class Explainer {
 public:
  /// `deviations` must outlive it.
  Explainer(const Manifest& manifest, const Deviations& deviations);

  /// `judged` is the step as the oracle saw it, and `before` the world that it began in. A
  /// discrepancy that is explained gets another verdict, and the deviation's id where its
  /// prediction says much.
  void explain(const Context& judged, const World& before, const StepRecord& record,
               const Step& step, std::vector<Judged>& discrepancies) const;

 private:
  /// A deviation that may apply to the subject and a kind of step.
  struct Candidate {
    const Deviation* deviation;
    const Prediction* prediction;
    Claims claims;
    Verdict known;  ///< what it makes of a discrepancy
  };
  using Differences = std::vector<const Candidate*>;
  struct Attempt {
    std::vector<Explained> explained;
    const Candidate* inapplicable = nullptr;  ///< one that does not apply, alone or with the others
  };
  /// One step whose discrepancies are to be explained.
  struct Case {
    const Context& judged;
    const World& before;
    const StepRecord& record;
    const Step& step;
    std::vector<Judged>& discrepancies;
  };

  [[nodiscard]] static Attempt attempt(const Case& at, const Differences& differences,
                                       const Claims& claims);
  [[nodiscard]] static Differences fewest(const Case& at, const Differences& differences,
                                          const Claims& claims);
  static void explain_together(const Case& at, const Differences& differences);

  std::vector<std::vector<Candidate>> candidates_;  ///< by step kind; what stops a forward is last
};

}  // namespace normdiff
