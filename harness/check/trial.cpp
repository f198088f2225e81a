#include "harness/check/trial.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/check/comparison.hpp"

namespace normdiff {

bool anything_new(const std::vector<Judged>& discrepancies) {
  return std::any_of(discrepancies.begin(), discrepancies.end(),
                     [](const Judged& d) { return is_new_discrepancy(d.verdict); });
}

bool concerns(const Claims& claims, const std::vector<Judged>& discrepancies) {
  return std::any_of(discrepancies.begin(), discrepancies.end(), [&claims](const Judged& d) {
    return claims.cover(d.observed_class, d.key.slot);
  });
}

Trial::Trial(const Claims& claims, Observed& observed, const StepRecord& record,
             std::vector<Judged>& discrepancies)
    : claims_(claims),
      observed_(observed),
      refused_(record.outcome == Outcome::error),
      discrepancies_(discrepancies) {}

bool Trial::takes(Key key) const {
  if (refused_ && !observed_.now(key)) return false;
  return claims_.cover(class_of(key.slot), key.slot);
}

void Trial::record(Key key, ObservationClass observed_class, Verdict verdict) {
  const auto discrepancy = std::find_if(
      discrepancies_.begin(), discrepancies_.end(),
      [&](const Judged& d) { return d.key == key && d.observed_class == observed_class; });
  const bool there = discrepancy != discrepancies_.end();
  // A value that is neither documented nor predicted may be another deviation's. An outcome may
  // not: one deviation alone stops the step.
  if (is_new_discrepancy(verdict))
    contradicted_ =
        contradicted_ || !there || (refused_ && observed_class == ObservationClass::error);
  else if (there)
    predicted_.push_back({&*discrepancy, verdict});
}

void Trial::exact(Key key, const Value& expected, const Origin&) {
  if (!takes(key)) return;
  const Value* now = observed_.now(key);
  const bool equal = now && same(*now, expected);
  record(key, class_of(key.slot), equal ? Verdict::equal : Verdict::diverged);
}

void Trial::within(Key key, const TensorFacts& facts, const Origin&, const CompareValues& compare) {
  if (!takes(key)) return;
  const ObservedTensor* tensor = tensor_with(facts, observed_.now(key));
  record(key, class_of(key.slot), tensor ? verdict_of(compare(tensor->data)) : Verdict::diverged);
}

void Trial::outcome(Verdict verdict) {
  const Key key{0, 0, Slot::value};
  if (claims_.cover(ObservationClass::error, key.slot))
    record(key, ObservationClass::error, verdict);
  else if (is_new_discrepancy(verdict))
    contradicted_ = true;  // it is about a step that ended otherwise
}

std::vector<Explained> Trial::explained() const {
  return contradicted_ ? std::vector<Explained>() : predicted_;
}

void explain(const Explained& explained, const std::string& deviation, Verdict known) {
  const auto& [discrepancy, verdict] = explained;
  if (says_little(verdict)) {
    // A prediction that nearly anything agrees with explains nothing: it is not counted as known.
    if (is_new_discrepancy(discrepancy->verdict)) discrepancy->verdict = verdict;
  } else if (is_new_discrepancy(discrepancy->verdict) || says_little(discrepancy->verdict) ||
             (discrepancy->verdict == Verdict::known_elsewhere &&
              known == Verdict::known_deviation)) {
    discrepancy->verdict = known;
    discrepancy->deviation = deviation;
  } else if (discrepancy->verdict == Verdict::known_deviation &&
             known == Verdict::known_deviation && discrepancy->deviation != deviation) {
    discrepancy->verdict = Verdict::harness_error;
    discrepancy->observed = fmt::format("predicted by both {} and {}",
                                        std::exchange(discrepancy->deviation, {}), deviation);
    discrepancy->expected = "one deviation to a discrepancy";
  }
}

}  // namespace normdiff
