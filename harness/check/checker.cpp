#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "harness/check/check.hpp"
#include "harness/check/explainer.hpp"
#include "harness/check/oracle.hpp"
#include "harness/check/outcome.hpp"
#include "harness/check/second_look.hpp"
#include "harness/model/execute.hpp"
#include "harness/model/footprint.hpp"
#include "harness/model/operands.hpp"
#include "harness/model/replay.hpp"
#include "harness/subject/support.hpp"

namespace normdiff {

namespace {

/// The verdict on a step that ended the subject for good; nullopt: it did not.
std::optional<Verdict> fatal(Outcome outcome) {
  switch (outcome) {
    case Outcome::crashed:
      return Verdict::crashed;
    case Outcome::timed_out:
      return Verdict::timed_out;
    case Outcome::out_of_memory:
      return Verdict::out_of_memory;
    case Outcome::disturbed:
      return Verdict::harness_error;
    default:
      return std::nullopt;
  }
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
  Explainer explainer;
  std::vector<Judged> discrepancies;  ///< of the step under way
  std::vector<Key> touched;           ///< by the step under way

  Implementation(Manifest m, const Deviations& deviations, CheckOptions o)
      : manifest(std::move(m)), options(o), replay(manifest), explainer(manifest, deviations) {}

  void check(const Scenario& scenario, const Scope& scope, const Trace& trace, Tally& tally,
             CheckResult& result) {
    const auto before = tally.totals();
    check_steps(scenario, scope, trace, tally, result);
    tally.end_scenario(before);
  }

  void check_steps(const Scenario& scenario, const Scope& scope, const Trace& trace, Tally& tally,
                   CheckResult& result) {
    observed.reset(scenario.names.size());
    world.reset(scenario.names.size());
    replay.begin(scenario, scope, trace);
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
    const bool diverged = anything_new(discrepancies);
    if (diverged && !declined)
      explainer.explain(context, replay.before(context.step), record, step, discrepancies);
    replay.note(diverged);
    close_step(world, observed, step, record, touched, diverged);
  }

  /// Judges a step that the subject says it does not do: nothing may have changed.
  void judge_declined(Context& context, Oracle& oracle, const StepRecord& record,
                      const Step& step) {
    const Operands operands = operands_of(world, step);
    const bool may = operands == Operands::dead || operands == Operands::lacking ||
                     may_decline(manifest.family, context.scenario, context.scope,
                                 static_cast<std::size_t>(context.step), layer_of(world, step));
    oracle.outcome(may ? Verdict::unsupported : Verdict::harness_error, {},
                   "what the support table says is done", fmt::format("declined: {}", record.text));
    oracle.not_compared(record.text);
    state(context, {});
  }

  void judge_done(Context& context, Oracle& oracle, const Trace& trace, const Step& step) {
    const StepRecord& record = trace.steps[static_cast<std::size_t>(context.step)];
    const Operands operands = operands_of(world, step);
    Execution execution;
    if (operands == Operands::usable && deserves_second_look(context, step))
      oracle.note_improbable(improbable(context, step));
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
      return state(context, {});
    }
    const JudgedOutcome outcome = judge_outcome(manifest, record, execution.refusals);
    oracle.outcome(outcome.verdict, execution.origin, outcome.expected, outcome.observed);
    if (outcome.verdict == Verdict::underived)
      oracle.not_compared("what a family that is not known words its refusals like");
    const std::optional<NameId> made = result_of(step);
    if (outcome.verdict == Verdict::rejected_by_subject) {
      world = replay.before(context.step).copy();  // a refused call changes nothing (our choice)
      state(context, {});
    } else if (outcome.verdict == Verdict::accepted_by_subject && made &&
               (!world.is_live(*made) || world.names[*made].underived)) {
      leave_out(context, oracle, trace, step, "the subject did what has no formula");
      state(context, {});
    } else {
      state(context, execution);
    }
  }

  /// Judges the modules and tensors after the step.
  void state(Context& context, const Execution& execution) {
    find_touched(world, observed, touched);
    expect_state(context, execution, touched);
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

  /// Counts and keeps what the discrepancies of a step came to.
  void count_discrepancies(const Scenario& scenario, Tally& tally, CheckResult& result) {
    for (Judged& d : discrepancies) {
      tally.add_verdict(d.observed_class, d.verdict);
      if (d.verdict == Verdict::known_deviation)
        count(tally.deviations, d.deviation);
      else if (d.verdict == Verdict::known_elsewhere)
        count(tally.known_elsewhere, d.deviation);
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
