#pragma once

#include <string>
#include <vector>

#include "harness/check/check.hpp"
#include "harness/model/expectations.hpp"
#include "harness/model/observed.hpp"
#include "harness/triage/claims.hpp"

namespace normdiff {

/// A discrepancy that a prediction gives, and how closely: its bounds may say little.
struct Explained {
  Judged* discrepancy;
  Verdict verdict;
};

/// A discrepancy of a step is new: no deviation explains it.
[[nodiscard]] bool anything_new(const std::vector<Judged>& discrepancies);
/// The discrepancies of a step hold something that the deviation is about.
[[nodiscard]] bool concerns(const Claims& claims, const std::vector<Judged>& discrepancies);

/// Holds a prediction of one step, by one deviation or by several together, against the step's
/// discrepancies. The prediction must be seen as a whole: if the subject did otherwise anywhere,
/// the prediction explains nothing.
class Trial final : public Expectations {
 public:
  /// All must outlive the trial.
  Trial(const Claims& claims, Observed& observed, const StepRecord& record,
        std::vector<Judged>& discrepancies);

  void exact(Key key, const Value& expected, const Origin& origin) override;
  void within(Key key, const TensorFacts& facts, const Origin& origin,
              const CompareValues& compare) override;
  void anything(Key, const char*) override {}  // what is always right explains no discrepancy

  /// `verdict`: what the predicted outcome of the step comes to.
  void outcome(Verdict verdict);

  /// The discrepancies that the prediction gives; none where the subject did otherwise.
  [[nodiscard]] std::vector<Explained> explained() const;

 private:
  /// The deviations say something of this observation, and there is something to compare.
  [[nodiscard]] bool takes(Key key) const;
  void record(Key key, ObservationClass observed_class, Verdict verdict);

  const Claims& claims_;
  Observed& observed_;
  const bool refused_;
  std::vector<Judged>& discrepancies_;
  std::vector<Explained> predicted_;
  bool contradicted_ = false;
};

/// Marks a discrepancy as explained by the deviation of that id. `known`: known_deviation, or
/// known_elsewhere, which says nothing where something is known of this version.
void explain(const Explained& explained, const std::string& deviation, Verdict known);

}  // namespace normdiff
