#pragma once

#include <array>
#include <bitset>
#include <string>
#include <utility>
#include <vector>

#include "harness/check/check.hpp"
#include "harness/model/observed.hpp"
#include "harness/model/world.hpp"
#include "reference/numeric/bounded.hpp"

namespace normdiff {

struct Deviation;

/// What a tensor must be, beside its values.
struct TensorFacts {
  DType dtype = DType::float32;
  Shape shape;
  bool requires_grad = false;
  bool is_leaf = true;
  std::uint64_t storage = 0;
};

/// Where an expectation comes from.
struct Origin {
  ModuleKind leaf = no_leaf;
  const char* branch = "";
  std::optional<Layout> layout;  ///< of the input, for the histograms
};

/// Which observations a deviation is about: its globs, as a table.
class Coverage {
 public:
  explicit Coverage(const Deviation& deviation);
  [[nodiscard]] bool covers(ObservationClass observed, Slot slot) const {
    return covered_[static_cast<std::size_t>(observed)][static_cast<std::size_t>(slot)];
  }

 private:
  std::array<std::bitset<slot_count>, observation_class_count> covered_;
};

/// Takes expectations and holds what was observed against them. Write-only: who states an
/// expectation learns nothing of the outcome. In `explain` mode the expectations are a deviation's
/// prediction and only discrepancies that are still unexplained are held against them.
class Judge {
 public:
  Judge(const Manifest& manifest, CheckOptions options) : manifest_(manifest), options_(options) {}
  /// One that hears every expectation and judges nothing, for who needs its effects only.
  [[nodiscard]] static Judge silent(const Manifest& manifest) {
    Judge judge(manifest, {});
    judge.silent_ = true;
    return judge;
  }

  void begin_scenario(const Scenario& scenario, Observed& observed, Tally& tally,
                      CheckResult& result);
  /// `refused`: the subject refused the step, so that what was not shown is nothing to judge.
  void begin_step(bool refused);

  /// Bit for bit.
  void exact(Key key, const Value& expected, const Origin& origin);
  /// Facts exactly, values by `compare` (Comparison(const void* observed)).
  template <class Compare>
  void numeric(Key key, const TensorFacts& facts, const Origin& origin, Compare&& compare) {
    const ObservedTensor* tensor = numeric_facts(key, facts, origin);
    if (tensor) numeric_values(key, *tensor, origin, compare(tensor->data));
  }
  /// Anything is right: not an observation to compare.
  void free(Key key) {
    if (!silent_) observed_->at(key).judged = observed_->step();
  }
  /// Nothing is known of it: counted by `reason`.
  void underived(Key key, const char* reason);
  /// What the step itself did. Only once a step.
  void outcome(Verdict verdict, const Origin& origin, const std::string& expected,
               const std::string& observed);

  /// Everything that changed in this step and that no expectation named: nothing asked for it.
  void rest(const Trace& trace, const StepRecord& record, const World& world);
  /// Everything that changed in this step, is not judged yet, and that `unknown(observation)` says
  /// nothing is known of.
  template <class Unknown>
  void underived_where(const Trace& trace, const StepRecord& record, const char* reason,
                       Unknown&& unknown) {
    for (std::uint32_t i = record.first; i < record.last; ++i) {
      const Observation& seen = trace.observations[i];
      if (observed_->at(seen.key).judged != observed_->step() && unknown(seen))
        underived(seen.key, reason);
    }
  }

  /// Discrepancies of this step that nothing explains yet.
  [[nodiscard]] bool anything_unexplained() const;
  /// Whether the deviation says anything of what a discrepancy of this step is about.
  [[nodiscard]] bool concerns(const Coverage& coverage) const;
  void begin_explaining(const Deviation& deviation, const Coverage& coverage);
  /// `applies`: the prediction had something to say. One that declined on the way explains nothing,
  /// nor does one that is contradicted: what it predicts must be seen as a whole.
  void end_explaining(bool applies);

  /// Counts and keeps what this step's discrepancies came to.
  void end_step();

 private:
  const ObservedTensor* numeric_facts(Key key, const TensorFacts& facts, const Origin& origin);
  void numeric_values(Key key, const ObservedTensor& tensor, const Origin& origin,
                      const reference::Comparison& comparison);
  /// Records a verdict, or in explain mode settles the discrepancy if `verdict` is none.
  void record(Key key, ObservationClass observed_class, Verdict verdict, const Origin& origin,
              double ratio, const std::string& expected, const std::string& observed);
  /// The deviation under trial predicts it, with `verdict`; two that do are a harness error.
  void explain(Judged& discrepancy, Verdict verdict);
  [[nodiscard]] bool wanted(Key key, ObservationClass observed_class);
  [[nodiscard]] bool wants_text(Verdict verdict) const;

  const Manifest& manifest_;
  CheckOptions options_;
  const Scenario* scenario_ = nullptr;
  Observed* observed_ = nullptr;
  Tally* tally_ = nullptr;
  CheckResult* result_ = nullptr;
  bool silent_ = false;
  bool refused_ = false;
  std::vector<Judged> discrepancies_;  ///< of this step
  /// What the deviation under trial gives right, and how right: its bounds may say little.
  std::vector<std::pair<Judged*, Verdict>> predicted_;
  bool contradicted_ = false;  ///< something is as documented where the deviation says otherwise
  const Deviation* explaining_ = nullptr;  ///< the deviation under trial; null: the reference
  const Coverage* coverage_ = nullptr;     ///< its own
};

/// "flag:training" matched by "flag:*".
[[nodiscard]] bool glob_matches(std::string_view glob, std::string_view text);
/// "True", "0.1", "None", "[0.25 0.5 ...]".
[[nodiscard]] std::string print(const Value& value);

}  // namespace normdiff
