#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <vector>

#include "harness/check/check.hpp"
#include "harness/check/error_kinds.hpp"
#include "harness/check/oracle.hpp"
#include "harness/check/trial.hpp"
#include "harness/model/execute.hpp"
#include "harness/model/footprint.hpp"
#include "harness/model/operands.hpp"
#include "harness/model/replay.hpp"
#include "harness/subject/support.hpp"
#include "harness/text/version.hpp"
#include "harness/triage/deviations.hpp"
#include "harness/triage/predictions/predictions.hpp"

namespace normdiff {

using reference::ErrorKind;
using reference::Refusal;

namespace {

/// A deviation that may apply to this subject and kind of step.
struct Candidate {
  const Deviation* deviation;
  const Prediction* prediction;
  Claims claims;
};

std::string kinds(const std::vector<Refusal>& refusals) {
  std::string text;
  for (const Refusal& refusal : refusals)
    if (text.find(reference::to_string(refusal.kind)) == std::string::npos)
      text +=
          (text.empty() ? "refused: " : " or ") + std::string(reference::to_string(refusal.kind));
  return text.empty() ? "done" : text;
}

/// How the outcome that was observed compares with the one that the reference or a deviation has.
struct JudgedOutcome {
  Verdict verdict;
  std::string expected;
  std::string observed;
};

JudgedOutcome judge_outcome(const Manifest& manifest, const StepRecord& record,
                            const std::vector<Refusal>& refusals) {
  if (record.outcome != Outcome::error)
    return {refusals.empty() ? Verdict::equal : Verdict::accepted_by_subject, kinds(refusals),
            "done"};
  const ErrorKind kind = ErrorKinds::built_in().classify(manifest, record.error_class, record.text);
  const bool agreed = kind != ErrorKind::unclassified &&
                      std::any_of(refusals.begin(), refusals.end(),
                                  [kind](const Refusal& refusal) { return refusal.kind == kind; });
  const Verdict verdict = refusals.empty() ? Verdict::rejected_by_subject
                          : agreed         ? Verdict::both_rejected
                                           : Verdict::rejected_differently;
  return {verdict, kinds(refusals),
          fmt::format("refused: {} ({}: {})", reference::to_string(kind), record.error_class,
                      what_happened(record.text).substr(0, 160))};
}

/// The verdict on a step that ended the subject for good; nullopt: it did not.
std::optional<Verdict> fatal(Outcome outcome) {
  switch (outcome) {
    case Outcome::crashed:
      return Verdict::crashed;
    case Outcome::timed_out:
      return Verdict::timed_out;
    case Outcome::out_of_memory:
      return Verdict::out_of_memory;
    default:
      return std::nullopt;
  }
}

bool anything_unexplained(const std::vector<Judged>& discrepancies) {
  return std::any_of(discrepancies.begin(), discrepancies.end(),
                     [](const Judged& d) { return is_new_discrepancy(d.verdict); });
}

}  // namespace

/// A step is checked in three moves: the oracle judges it by the reference, deviations are tried on
/// what diverged, and the world becomes what was observed.
struct Checker::Implementation {
  Manifest manifest;
  CheckOptions options;
  Observed observed;
  World world;
  StateReplay replay;
  Workspace work;
  std::vector<Judged> discrepancies;               ///< of the step under way
  std::vector<std::vector<Candidate>> candidates;  ///< by step kind

  Implementation(Manifest m, const Deviations& deviations, CheckOptions o)
      : manifest(std::move(m)), options(o), replay(manifest) {
    candidates.resize(step_kind_count);
    for (const Deviation& deviation : deviations.list()) {
      if (std::find(deviation.subjects.begin(), deviation.subjects.end(), manifest.family) ==
              deviation.subjects.end() ||
          !in_range(manifest.version, deviation.versions))
        continue;
      const Prediction* found = prediction(deviation.prediction);
      if (!found) continue;
      for (const std::string& step : deviation.steps)
        if (const auto kind = step_kind_from(step))
          candidates[*kind].push_back({&deviation, found, Claims(deviation)});
    }
    for (std::vector<Candidate>& list : candidates)
      std::stable_partition(list.begin(), list.end(), [](const Candidate& candidate) {
        return !stops_a_forward(candidate.deviation->prediction);
      });
  }

  void check(const Scenario& scenario, const Scope& scope, const Trace& trace, Tally& tally,
             CheckResult& result) {
    observed.reset(scenario.names.size());
    world.reset(scenario.names.size());
    replay.begin(scenario, scope, trace);
    ++tally.scenarios;
    const std::size_t steps = std::min(trace.steps.size(), scenario.statements.size());
    for (std::size_t i = 0; i < steps; ++i) {
      const Step& step = scenario.statements[i].step;
      const StepRecord& record = trace.steps[i];
      ++tally.steps;
      ++tally.outcomes[step.index()][record.outcome];
      observed.advance(trace, i);
      Oracle oracle(options, observed, record, tally, result.judged, discrepancies);
      const std::optional<Verdict> end = fatal(record.outcome);
      if (end) {
        oracle.outcome(*end, {}, "an answer", std::string(record.text));
      } else {
        Context context{
            scenario, scope,    manifest, static_cast<int>(i), record.outcome == Outcome::ok, world,
            oracle,   observed, work};
        check_step(context, oracle, trace, step);
      }
      count_discrepancies(scenario, tally, result);
      if (end) return;
    }
    // A subject that ended early says so in its last step.
    if (steps < scenario.statements.size()) missing(steps, scenario, tally, result);
  }

  void check_step(Context& context, Oracle& oracle, const Trace& trace, const Step& step) {
    const StepRecord& record = trace.steps[static_cast<std::size_t>(context.step)];
    const bool declined = record.outcome == Outcome::unsupported;
    if (declined)
      judge_declined(context, oracle, record, step);
    else
      judge_done(context, oracle, trace, step);
    oracle.rest(trace, world);
    const bool diverged = anything_unexplained(discrepancies);
    if (diverged && !declined) explain(context, record, step);
    replay.note(diverged);
    close_step(world, observed, step, record, diverged);
  }

  /// Judges a step that the subject says it does not do: nothing may have changed.
  void judge_declined(Context& context, Oracle& oracle, const StepRecord& record,
                      const Step& step) {
    const bool may = operands_of(world, step) == Operands::dead ||
                     may_decline(manifest.family, context.scenario, context.scope,
                                 static_cast<std::size_t>(context.step));
    oracle.outcome(may ? Verdict::unsupported : Verdict::harness_error, {},
                   "what the support table says is done", fmt::format("declined: {}", record.text));
    oracle.not_compared(record.text);
    expect_state(context, {});
  }

  void judge_done(Context& context, Oracle& oracle, const Trace& trace, const Step& step) {
    const StepRecord& record = trace.steps[static_cast<std::size_t>(context.step)];
    const Operands operands = operands_of(world, step);
    Execution execution;
    if (operands == Operands::usable)
      execution = execute(context, step);
    else
      execution.underived = "what it works on was not seen as it must be";
    if (operands == Operands::dead)
      oracle.outcome(Verdict::harness_error, {}, "a step that works on what was made",
                     "an answer without it");
    if (execution.underived) {
      oracle.underived_outcome(execution.underived);
      leave_out(context, oracle, trace, step, execution.underived);
      return expect_state(context, {});
    }
    const JudgedOutcome outcome = judge_outcome(manifest, record, execution.refusals);
    oracle.outcome(outcome.verdict, execution.origin, outcome.expected, outcome.observed);
    const std::optional<NameId> made = result_of(step);
    if (outcome.verdict == Verdict::rejected_by_subject) {
      world = replay.before(context.step).copy();  // a refused call changes nothing (our choice)
      expect_state(context, {});
    } else if (outcome.verdict == Verdict::accepted_by_subject && made &&
               (!world.is_live(*made) || world.names[*made].underived)) {
      leave_out(context, oracle, trace, step, "the subject did what has no formula");
      expect_state(context, {});
    } else {
      expect_state(context, execution);
    }
  }

  /// Leaves out of the comparison what a step made and what it may have moved, where the reference
  /// can say nothing of them. Everything else must be as it was.
  void leave_out(const Context& context, Oracle& oracle, const Trace& trace, const Step& step,
                 const char* reason) {
    const std::optional<NameId> made = result_of(step);
    const Footprint footprint(world, context.scenario, context.scope, step);
    oracle.underived_where(trace, reason, [&](const Observation& seen) {
      return (made && seen.key.name == *made) ||
             footprint.allows(seen.key, observed.before(seen.key), seen.value);
    });
  }

  using Differences = std::vector<const Candidate*>;
  struct Attempt {
    std::vector<Explained> explained;
    const Candidate* inapplicable = nullptr;  ///< one that does not apply, alone or with the others
  };

  /// Predicts a step under differences together, the first outermost. `claims`: the observations
  /// that are held against it.
  Attempt attempt(const Context& judged, const StepRecord& record, const Step& step,
                  const Differences& differences, const Claims& claims) {
    std::vector<const Prediction*> predictions;
    for (const Candidate* difference : differences) predictions.push_back(difference->prediction);
    World predicted = replay.before(judged.step).copy();
    Trial trial(claims, observed, record, discrepancies);
    Context context{judged.scenario, judged.scope, manifest, judged.step, judged.subject_accepted,
                    predicted,       trial,        observed, work};
    PredictionContext prediction_context(context, std::span(predictions).subspan(1));
    const auto execution = (*predictions.front())(prediction_context, step);
    // Where an inner one does not apply, those around it have nothing to go by.
    const Prediction* inapplicable = prediction_context.inapplicable();
    if (!execution && inapplicable == nullptr) inapplicable = predictions.front();
    if (inapplicable != nullptr) {
      const auto found = std::find(predictions.begin(), predictions.end(), inapplicable);
      return {{}, differences[static_cast<std::size_t>(found - predictions.begin())]};
    }
    if (!execution->underived)
      trial.outcome(judge_outcome(manifest, record, execution->refusals).verdict);
    expect_state(context, *execution);
    return {trial.explained()};
  }

  static bool gives(const Attempt& attempt, const Judged& discrepancy) {
    return std::any_of(attempt.explained.begin(), attempt.explained.end(),
                       [&](const Explained& e) { return e.discrepancy == &discrepancy; });
  }
  [[nodiscard]] bool gives_all_that_is_new(const Attempt& attempt) const {
    return std::all_of(discrepancies.begin(), discrepancies.end(), [&](const Judged& d) {
      return !is_new_discrepancy(d.verdict) || gives(attempt, d);
    });
  }

  /// Tries the deviations that are about a step's discrepancies, each alone, then together.
  void explain(const Context& judged, const StepRecord& record, const Step& step) {
    Differences differences;
    for (const Candidate& candidate : candidates[step.index()])
      if (concerns(candidate.claims, discrepancies)) differences.push_back(&candidate);
    for (const Candidate* alone : differences)
      for (const Explained& explained :
           attempt(judged, record, step, {alone}, alone->claims).explained)
        normdiff::explain(explained, alone->deviation->id);
    if (anything_unexplained(discrepancies)) explain_together(judged, record, step, differences);
  }

  /// Calls f with each choice of so many differences, in their order, until f returns true.
  template <class F>
  static bool for_each_choice(const Differences& from, std::size_t count, F&& f) {
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

  /// Several differences explain a step together if what they predict is all that is new. The
  /// fewest that do are taken, so that each is needed. A discrepancy is known by the first of them
  /// that is about it and without which it is not given.
  void explain_together(const Context& judged, const StepRecord& record, const Step& step,
                        const Differences& differences) {
    // The same for each attempt, so that a difference is needed for what it predicts alone.
    Claims claims;
    for (const Candidate* difference : differences) claims.add(difference->claims);
    const auto attempted = [&](const Differences& some) {
      return attempt(judged, record, step, some, claims);
    };
    Attempt together;
    Differences fewest;
    for (std::size_t count = 2; count <= differences.size() && fewest.empty(); ++count)
      for_each_choice(differences, count, [&](const Differences& some) {
        together = attempted(some);
        const bool explains = !together.inapplicable && gives_all_that_is_new(together);
        if (explains) fewest = some;
        return explains;
      });
    if (fewest.empty()) return;
    std::vector<Attempt> lacking;
    for (const Candidate* one : fewest) {
      Differences fewer = fewest;
      std::erase(fewer, one);
      lacking.push_back(attempted(fewer));
    }
    std::vector<std::pair<Explained, const Candidate*>> known;
    for (const Explained& explained : together.explained) {
      const Judged& discrepancy = *explained.discrepancy;
      if (!is_new_discrepancy(discrepancy.verdict)) continue;
      const Candidate* needed = nullptr;
      for (std::size_t i = 0; i < lacking.size() && !needed; ++i)
        if (!gives(lacking[i], discrepancy) &&
            fewest[i]->claims.cover(discrepancy.observed_class, discrepancy.key.slot))
          needed = fewest[i];
      if (!needed) return;  // no deviation that it takes is about this
      known.emplace_back(explained, needed);
    }
    for (const auto& [explained, candidate] : known)
      normdiff::explain(explained, candidate->deviation->id);
  }

  /// Counts and keeps what the discrepancies of a step came to.
  void count_discrepancies(const Scenario& scenario, Tally& tally, CheckResult& result) {
    for (Judged& d : discrepancies) {
      tally.add_verdict(d.observed_class, d.verdict);
      if (d.verdict == Verdict::known_deviation)
        count(tally.deviations, d.deviation);
      else if (is_new_discrepancy(d.verdict))
        count(tally.signatures, signature(manifest, scenario, d));
      if (!says_little(d.verdict) || options.keep_everything) result.judged.push_back(std::move(d));
    }
    discrepancies.clear();
  }

  /// Reports the first step that a trace leaves out without saying why.
  void missing(std::size_t step, const Scenario& scenario, Tally& tally, CheckResult& result) {
    observed.skip_to(static_cast<int>(step));
    const StepRecord none;
    Oracle oracle(options, observed, none, tally, result.judged, discrepancies);
    oracle.outcome(Verdict::harness_error, {}, "every step, or how the subject ended",
                   fmt::format("a trace of {} of {} steps", step, scenario.statements.size()));
  }
};

Checker::Checker(Manifest subject, const Deviations& deviations, CheckOptions options)
    : implementation_(std::make_unique<Implementation>(std::move(subject), deviations, options)) {}
Checker::~Checker() = default;

void Checker::check(const Scenario& scenario, const Scope& scope, const Trace& trace, Tally& tally,
                    CheckResult& result) {
  result.judged.clear();
  implementation_->check(scenario, scope, trace, tally, result);
}

std::string signature(const Manifest& subject, const Scenario& scenario, const Judged& judged) {
  const Step& step = scenario.statements[static_cast<std::size_t>(judged.step)].step;
  return fmt::format(
      "{}/{}/{}/{}/{}:{}/{}{}{}", subject.family, step_kind_name(step.index()),
      reference::to_string(judged.leaf), judged.branch, to_string(judged.observed_class),
      judged.observed_class == ObservationClass::error ? "outcome" : to_string(judged.key.slot),
      to_string(judged.verdict), judged.deviation.empty() ? "" : "/", judged.deviation);
}

}  // namespace normdiff
