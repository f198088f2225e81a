#include <fmt/format.h>

#include <algorithm>

#include "harness/check/check.hpp"
#include "harness/check/error_kinds.hpp"
#include "harness/check/judge.hpp"
#include "harness/model/execute.hpp"
#include "harness/model/footprint.hpp"
#include "harness/model/operands.hpp"
#include "harness/model/replay.hpp"
#include "harness/subject/support.hpp"
#include "harness/triage/deviations.hpp"
#include "harness/triage/predictions/predictions.hpp"

namespace normdiff {

using reference::ErrorKind;
using reference::Refusal;

namespace {

/// What a deviation's prediction would say of this subject and step.
struct Candidate {
  const Deviation* deviation;
  const Prediction* prediction;
  Coverage coverage;
};

std::string kinds(const std::vector<Refusal>& refusals) {
  std::string text;
  for (const Refusal& refusal : refusals)
    if (text.find(reference::to_string(refusal.kind)) == std::string::npos)
      text +=
          (text.empty() ? "refused: " : " or ") + std::string(reference::to_string(refusal.kind));
  return text.empty() ? "done" : text;
}

}  // namespace

struct Checker::Implementation {
  Manifest manifest;
  CheckOptions options;
  const Deviations& deviations;
  Judge judge;
  Observed observed;
  World world;
  Retrace retrace;
  Workspace work;
  std::vector<std::vector<Candidate>> candidates;  ///< by step kind

  Implementation(Manifest m, const Deviations& d, CheckOptions o)
      : manifest(std::move(m)),
        options(o),
        deviations(d),
        judge(manifest, options),
        retrace(manifest) {
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
          candidates[*kind].push_back({&deviation, found, Coverage(deviation)});
    }
  }

  /// Whether the subject ended here for good.
  bool ended(const StepRecord& record) {
    Verdict verdict = Verdict::crashed;
    if (record.outcome == Outcome::timed_out) verdict = Verdict::timed_out;
    if (record.outcome == Outcome::out_of_memory) verdict = Verdict::out_of_memory;
    if (record.outcome != Outcome::crashed && verdict == Verdict::crashed) return false;
    judge.outcome(verdict, {}, "an answer", std::string(record.text));
    return true;
  }

  /// Of the first step that a trace leaves out without saying why.
  void missing(int step, const Scenario& scenario) {
    observed.skip_to(step);
    judge.begin_step(false);
    judge.outcome(Verdict::harness_error, {}, "every step, or how the subject ended",
                  fmt::format("a trace of {} of {} steps", step, scenario.statements.size()));
    judge.end_step();
  }

  void judge_outcome(const StepRecord& record, const Execution& execution) {
    const bool refused = record.outcome == Outcome::error;
    if (!refused) {
      judge.outcome(execution.refusals.empty() ? Verdict::equal : Verdict::accepted_by_subject,
                    execution.origin, kinds(execution.refusals), "done");
      return;
    }
    const ErrorKind kind =
        ErrorKinds::built_in().classify(manifest, record.error_class, record.text);
    const bool agreed =
        kind != ErrorKind::unclassified &&
        std::any_of(execution.refusals.begin(), execution.refusals.end(),
                    [kind](const Refusal& refusal) { return refusal.kind == kind; });
    const Verdict verdict = execution.refusals.empty() ? Verdict::rejected_by_subject
                            : agreed                   ? Verdict::both_rejected
                                                       : Verdict::rejected_differently;
    judge.outcome(verdict, execution.origin, kinds(execution.refusals),
                  fmt::format("refused: {} ({}: {})", reference::to_string(kind),
                              record.error_class, what_happened(record.text).substr(0, 160)));
  }

  void judge_step(Context& context, const StepRecord& record, const Execution& execution) {
    judge_outcome(record, execution);
    scan(context, execution);
  }

  void check_step(const Scenario& scenario, const Scope& scope, const Trace& trace, std::size_t i,
                  Tally& tally) {
    const Step& step = scenario.statements[i].step;
    const StepRecord& record = trace.steps[i];
    Context context{
        scenario, scope,    manifest, static_cast<int>(i), record.outcome == Outcome::ok, world,
        judge,    observed, work};
    const Operands operands = operands_of(world, step);
    if (record.outcome == Outcome::unsupported) {
      const bool may =
          operands == Operands::dead || may_decline(manifest.family, scenario, scope, i);
      judge.outcome(may ? Verdict::unsupported : Verdict::harness_error, {},
                    "what the support table says is done",
                    fmt::format("declined: {}", record.text));
      count(tally.not_compared, record.text);
      scan(context, {});
      judge.rest(trace, record, world);
      end_step(step, record, judge.anything_unexplained());
      return;
    }
    Execution execution;
    if (operands == Operands::usable)
      execution = execute(context, step);
    else
      execution.underived = "what it works on was not seen as it must be";
    if (execution.underived) {
      if (operands == Operands::dead)
        judge.outcome(Verdict::harness_error, {}, "a step that works on what was made",
                      "an answer without it");
      count(tally.not_compared, execution.underived);
      ++tally.verdicts[ObservationClass::error][Verdict::underived];
      judge_around(context, trace, record, execution.underived);
      return finish(step, context, record);
    }
    judge_outcome(record, execution);
    const bool only_one_did_it = (record.outcome == Outcome::error) == execution.refusals.empty();
    const std::optional<NameId> made = result_of(step);
    if (only_one_did_it && record.outcome == Outcome::error) {
      world = retrace.before(context.step).copy();  // a refused call changes nothing (our choice)
      scan(context, {});
      judge.rest(trace, record, world);
    } else if (only_one_did_it && made && (!world.is_live(*made) || world.names[*made].underived)) {
      judge_around(context, trace, record, "the subject did what has no formula");
    } else {
      scan(context, execution);
      judge.rest(trace, record, world);
    }
    finish(step, context, record);
  }

  /// Of a step that nothing can be said of: what it made and what it may have moved is underived,
  /// and everything else must be as it was.
  void judge_around(Context& context, const Trace& trace, const StepRecord& record,
                    const char* reason) {
    const Step& step = context.scenario.statements[static_cast<std::size_t>(context.step)].step;
    const std::optional<NameId> made = result_of(step);
    const Reach reach(world, context.scenario, context.scope, step);
    judge.underived_where(trace, record, reason, [&](const Observation& seen) {
      return (made && seen.key.name == *made) ||
             reach.allows(seen.key, observed.before(seen.key), seen.value);
    });
    scan(context, {});
    judge.rest(trace, record, world);
  }

  /// Tries every deviation on what is not explained, then makes the world what was observed.
  void finish(const Step& step, Context& context, const StepRecord& record) {
    const bool diverged = judge.anything_unexplained();
    if (diverged) explain(step, context, record);
    end_step(step, record, diverged);
  }

  void end_step(const Step& step, const StepRecord& record, bool diverged) {
    judge.end_step();
    retrace.note(diverged);
    settle(world, observed, step, record, diverged);
  }

  void explain(const Step& step, Context& reference_context, const StepRecord& record) {
    for (const Candidate& candidate : candidates[step.index()]) {
      if (!judge.concerns(candidate.coverage)) continue;
      World predicted = retrace.before(reference_context.step).copy();
      Context context{reference_context.scenario,
                      reference_context.scope,
                      manifest,
                      reference_context.step,
                      reference_context.subject_accepted,
                      predicted,
                      judge,
                      observed,
                      work};
      judge.begin_explaining(*candidate.deviation, candidate.coverage);
      Sandbox sandbox(context);
      const auto execution = (*candidate.prediction)(sandbox, step);
      if (execution) judge_step(context, record, *execution);
      judge.end_explaining(execution.has_value());
    }
  }
};

Checker::Checker(Manifest subject, const Deviations& deviations, CheckOptions options)
    : implementation_(std::make_unique<Implementation>(std::move(subject), deviations, options)) {}
Checker::~Checker() = default;

void Checker::check(const Scenario& scenario, const Scope& scope, const Trace& trace, Tally& tally,
                    CheckResult& result) {
  Implementation& self = *implementation_;
  result.judged.clear();
  self.observed.reset(scenario.names.size());
  self.world.reset(scenario.names.size());
  self.judge.begin_scenario(scenario, self.observed, tally, result);
  self.retrace.begin(scenario, scope, trace);
  ++tally.scenarios;
  std::size_t i = 0;
  for (; i < trace.steps.size() && i < scenario.statements.size(); ++i) {
    const Step& step = scenario.statements[i].step;
    const StepRecord& record = trace.steps[i];
    ++tally.steps;
    ++tally.outcomes[step.index()][record.outcome];
    self.observed.advance(trace, i);
    self.judge.begin_step(record.outcome == Outcome::error);
    if (self.ended(record)) {
      self.judge.end_step();
      return;
    }
    self.check_step(scenario, scope, trace, i, tally);
  }
  // A subject that ended early says so in its last step.
  if (i < scenario.statements.size()) self.missing(static_cast<int>(i), scenario);
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
