#pragma once

#include <utility>
#include <vector>

#include "harness/check/check.hpp"
#include "harness/model/expectations.hpp"
#include "harness/model/observed.hpp"
#include "harness/triage/claims.hpp"

namespace normdiff {

struct Deviation;

/// Whether the discrepancies of a step hold anything that the deviation is about.
[[nodiscard]] bool concerns(const Claims& claims, const std::vector<Judged>& discrepancies);

/// Holds a deviation's prediction of one step against the step's discrepancies. The prediction must
/// be seen as a whole: if the subject did otherwise anywhere, the deviation explains nothing.
class Trial final : public Expectations {
 public:
  /// All must outlive the trial.
  Trial(const Deviation& deviation, const Claims& claims, Observed& observed,
        const StepRecord& record, std::vector<Judged>& discrepancies);

  void exact(Key key, const Value& expected, const Origin& origin) override;
  void within(Key key, const TensorFacts& facts, const Origin& origin,
              const CompareValues& compare) override;
  void anything(Key) override {}  // what is always right explains no discrepancy

  /// `verdict`: what the predicted outcome of the step comes to.
  void outcome(Verdict verdict);

  /// Ends the trial: marks what the prediction explains.
  void conclude();

 private:
  /// Whether the deviation says anything of this observation, and there is something to compare.
  [[nodiscard]] bool takes(Key key) const;
  void record(Key key, ObservationClass observed_class, Verdict verdict);
  void explain(Judged& discrepancy, Verdict verdict) const;

  const Deviation& deviation_;
  const Claims& claims_;
  Observed& observed_;
  const bool refused_;
  std::vector<Judged>& discrepancies_;
  /// The discrepancies that the prediction gives, and how closely: its bounds may say little.
  std::vector<std::pair<Judged*, Verdict>> predicted_;
  bool contradicted_ = false;
};

}  // namespace normdiff
