#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/check/check.hpp"
#include "harness/check/second_look.hpp"
#include "harness/model/expectations.hpp"
#include "harness/model/observed.hpp"
#include "harness/model/world.hpp"

namespace normdiff {

/// Judges one step by the reference: each expectation is held against what was observed. Verdicts
/// that are no discrepancy are counted at once; discrepancies are collected, because a deviation
/// may yet explain them.
class Oracle final : public Expectations {
 public:
  /// `judged` gets what is kept of the verdicts that are no discrepancy; `discrepancies` is cleared
  /// and gets the others. All must outlive the oracle.
  Oracle(const CheckOptions& options, Observed& observed, const StepRecord& record, Tally& tally,
         std::vector<Judged>& judged, std::vector<Judged>& discrepancies);

  void exact(Key key, const Value& expected, const Origin& origin) override;
  void within(Key key, const TensorFacts& facts, const Origin& origin,
              const CompareValues& compare) override;
  void anything(Key key, const char* why) override;
  /// Judges as improbable what is inside its proven bound and in this list. Said before the
  /// expectations.
  void note_improbable(std::vector<Improbable> found) { improbable_ = std::move(found); }
  void instead(Key key, const std::function<std::string(const void* observed)>& words) override;

  /// The reference has no expectation: counted by `reason`.
  void underived(Key key, const char* reason);
  /// The same for everything that changed in this step, is not judged yet, and that
  /// `unknown(observation)` picks.
  template <class Unknown>
  void underived_where(const Trace& trace, const char* reason, Unknown&& unknown) {
    for (std::uint32_t i = record_.first; i < record_.last; ++i) {
      const Observation& seen = trace.observations[i];
      if (observed_.at(seen.key).judged != observed_.step() && unknown(seen))
        underived(seen.key, reason);
    }
  }
  /// The same for the outcome of the step.
  void underived_outcome(const char* reason);
  /// Counts the step as not compared.
  void not_compared(std::string_view reason) { count(tally_.not_compared, reason); }
  /// How the step itself ended. Stated at most once.
  void outcome(Verdict verdict, const Origin& origin, const std::string& expected,
               const std::string& observed);
  /// Everything that changed in this step and that no expectation named: nothing asked for it.
  void rest(const Trace& trace, const World& world);

 private:
  /// The observation is still to be judged in this step; it counts as judged from here on.
  [[nodiscard]] bool takes(Key key);
  [[nodiscard]] bool wants_text(Verdict verdict) const;
  void facts_differ(Key key, const Value* now, const TensorFacts& facts, const Origin& origin);
  void record(Key key, ObservationClass observed_class, Verdict verdict, const Origin& origin,
              double ratio, const std::string& expected, const std::string& observed);

  const CheckOptions& options_;
  Observed& observed_;
  const StepRecord& record_;
  Tally& tally_;
  std::vector<Judged>& judged_;
  std::vector<Judged>& discrepancies_;
  std::vector<Improbable> improbable_;
  std::optional<Key> outside_;  ///< the last values that were not within their bound
};

}  // namespace normdiff
