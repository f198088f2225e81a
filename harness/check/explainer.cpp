#include "harness/check/explainer.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "harness/check/outcome.hpp"
#include "harness/language/steps.hpp"
#include "harness/triage/deviations.hpp"

namespace normdiff {
namespace {

template <class Attempt>
bool gives(const Attempt& attempt, const Judged& discrepancy) {
  return std::any_of(attempt.explained.begin(), attempt.explained.end(),
                     [&](const Explained& e) { return e.discrepancy == &discrepancy; });
}
template <class Attempt>
bool gives_all_that_is_new(const Attempt& attempt, const std::vector<Judged>& discrepancies) {
  return std::all_of(discrepancies.begin(), discrepancies.end(), [&](const Judged& d) {
    return !is_new_discrepancy(d.verdict) || gives(attempt, d);
  });
}

/// Calls f with each choice of so many differences, in their order, until f returns true.
template <class Differences, class F>
bool for_each_choice(const Differences& from, std::size_t count, F&& f) {
  std::vector<bool> chosen(from.size());
  std::fill_n(chosen.begin(), count, true);
  do {
    Differences some;
    for (std::size_t i = 0; i < from.size(); ++i)
      if (chosen[i]) some.push_back(from[i]);
    if (f(some)) return true;
  } while (std::prev_permutation(chosen.begin(), chosen.end()));
  return false;
}

}  // namespace

Explainer::Explainer(const Manifest& manifest, const Deviations& deviations)
    : candidates_(step_kind_count) {
  for (const Deviation& deviation : deviations.list()) {
    const Applies applies = deviations.applies(deviation, manifest);
    if (applies == Applies::no) continue;
    const Verdict known =
        applies == Applies::claimed ? Verdict::known_deviation : Verdict::known_elsewhere;
    const Prediction* found = prediction(deviation.prediction);
    if (!found) continue;
    for (const std::string& step : deviation.steps)
      if (const auto kind = step_kind_from(step))
        candidates_[*kind].push_back({&deviation, found, Claims(deviation), known});
  }
  for (std::vector<Candidate>& list : candidates_)
    std::stable_sort(list.begin(), list.end(), [](const Candidate& a, const Candidate& b) {
      return order_of(a.deviation->prediction) < order_of(b.deviation->prediction);
    });
}

/// Predicts a step under differences together, the first outermost. `claims`: the observations that
/// are held against it.
Explainer::Attempt Explainer::attempt(const Case& at, const Differences& differences,
                                      const Claims& claims) {
  std::vector<const Prediction*> predictions;
  for (const Candidate* difference : differences) predictions.push_back(difference->prediction);
  World predicted = at.before.copy();
  const Context& judged = at.judged;
  Trial trial(claims, judged.observed, at.record, at.discrepancies);
  Context context{
      judged.scenario, judged.scope, judged.manifest, judged.step, judged.subject_accepted,
      predicted,       trial,        judged.observed, judged.work};
  PredictionContext prediction_context(context, std::span(predictions).subspan(1));
  const auto execution = (*predictions.front())(prediction_context, at.step);
  // A difference around one that does not apply has nothing to go by.
  const Prediction* inapplicable = prediction_context.inapplicable();
  if (!execution && inapplicable == nullptr) inapplicable = predictions.front();
  if (inapplicable != nullptr) {
    const auto found = std::find(predictions.begin(), predictions.end(), inapplicable);
    return {{}, differences[static_cast<std::size_t>(found - predictions.begin())]};
  }
  if (!execution->underived)
    trial.outcome(judge_outcome(judged.manifest, at.record, execution->refusals).verdict);
  std::vector<Key> touched;
  find_touched(predicted, judged.observed, touched);
  expect_state(context, *execution, touched);
  return {trial.explained()};
}

void Explainer::explain(const Context& judged, const World& before, const StepRecord& record,
                        const Step& step, std::vector<Judged>& discrepancies) const {
  const Case at{judged, before, record, step, discrepancies};
  Differences differences;
  for (const Candidate& candidate : candidates_[step.index()])
    if (concerns(candidate.claims, discrepancies)) differences.push_back(&candidate);
  for (const Candidate* alone : differences)
    for (const Explained& explained : attempt(at, {alone}, alone->claims).explained)
      normdiff::explain(explained, alone->deviation->id, alone->known);
  if (anything_new(discrepancies)) explain_together(at, differences);
}

/// The fewest differences, two or more, whose prediction gives all that is new; none: no choice
/// does.
Explainer::Differences Explainer::fewest(const Case& at, const Differences& differences,
                                         const Claims& claims) {
  Differences found;
  for (std::size_t count = 2; count <= differences.size() && found.empty(); ++count)
    for_each_choice(differences, count, [&](const Differences& some) {
      const Attempt together = attempt(at, some, claims);
      const bool explains =
          !together.inapplicable && gives_all_that_is_new(together, at.discrepancies);
      if (explains) found = some;
      return explains;
    });
  return found;
}

/// Several differences explain a step together if what they predict is all that is new. The fewest
/// that do are taken, so that each is needed. A discrepancy is known by the first of them that is
/// about it and without which it is not given.
void Explainer::explain_together(const Case& at, const Differences& differences) {
  // The same for each attempt, so that a difference is needed for what it predicts alone.
  Claims claims;
  for (const Candidate* difference : differences) claims.add(difference->claims);
  const Differences taken = fewest(at, differences, claims);
  if (taken.empty()) return;
  std::vector<Attempt> lacking;
  for (const Candidate* one : taken) {
    Differences fewer = taken;
    std::erase(fewer, one);
    lacking.push_back(attempt(at, fewer, claims));
  }
  std::vector<std::pair<Explained, const Candidate*>> known;
  for (const Explained& explained : attempt(at, taken, claims).explained) {
    const Judged& discrepancy = *explained.discrepancy;
    if (!is_new_discrepancy(discrepancy.verdict)) continue;
    const Candidate* needed = nullptr;
    for (std::size_t i = 0; i < taken.size() && !needed; ++i)
      if (!gives(lacking[i], discrepancy) &&
          taken[i]->claims.cover(discrepancy.observed_class, discrepancy.key.slot))
        needed = taken[i];
    if (!needed) return;  // no deviation that it takes is about this
    known.emplace_back(explained, needed);
  }
  for (const auto& [explained, candidate] : known)
    normdiff::explain(explained, candidate->deviation->id, candidate->known);
}

}  // namespace normdiff
