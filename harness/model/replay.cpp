#include "harness/model/replay.hpp"

#include <type_traits>

#include "harness/model/operands.hpp"

namespace normdiff {
namespace {

template <class T, class = void>
struct HasResult : std::false_type {};
template <class T>
struct HasResult<T, std::void_t<decltype(std::declval<T>().result)>> : std::true_type {};

/// Makes a result what was observed of it: a forward on it is judged from there.
void adopt_result(Live& live, const Value* observed) {
  const auto* tensor = observed ? std::get_if<ObservedTensor>(observed) : nullptr;
  if (!tensor || !tensor->known_dtype) return;
  live.values = tensor->values();
  live.layout = layout_of(tensor->shape, tensor->strides);
  live.requires_grad = tensor->requires_grad;
  live.is_leaf = tensor->is_leaf;
}

}  // namespace

std::optional<NameId> result_of(const Step& step) {
  return std::visit(
      [](const auto& s) -> std::optional<NameId> {
        if constexpr (HasResult<std::decay_t<decltype(s)>>::value)
          return s.result;
        else
          return std::nullopt;
      },
      step);
}

void close_step(World& world, Observed& observed, const Step& step, const StepRecord& record,
                const std::vector<Key>& touched, bool diverged) {
  if (const std::optional<NameId> result = result_of(step)) {
    // A graph is derived from the step that made it: where that step deviated, nothing can be said.
    if (diverged && world.is_live(*result)) world.names[*result].underived = true;
    if (record.outcome != Outcome::ok)
      world.forget(*result);
    else if (!world.is_live(*result))
      world.define(*result, NameKind::result).underived = true;
    if (world.names[*result].kind == NameKind::result)
      adopt_result(world.names[*result], observed.now({*result, 0, Slot::value}));
  }
  adopt_observed_state(world, observed, touched);
}

void StateReplay::begin(const Scenario& scenario, const Scope& scope, const Trace& trace) {
  scenario_ = &scenario;
  scope_ = &scope;
  trace_ = &trace;
  diverged_.clear();
  next_ = 0;
  fresh_ = true;
}

const World& StateReplay::before(int step) {
  if (fresh_) {
    world_.reset(scenario_->names.size());
    observed_.reset(scenario_->names.size());
    fresh_ = false;
  }
  for (; next_ < step; ++next_) go(next_);
  return world_;
}

void StateReplay::go(int i) {
  const auto index = static_cast<std::size_t>(i);
  const Step& step = scenario_->statements[index].step;
  const StepRecord& record = trace_->steps[index];
  observed_.advance(*trace_, index);
  Context context{*scenario_, *scope_, manifest_, i,    record.outcome == Outcome::ok,
                  world_,     nobody_, observed_, work_};
  // A refused call changes nothing. That only the subject refused is a discrepancy: the copy is
  // rare.
  std::optional<World> before;
  if (record.outcome == Outcome::error && diverged_[index]) before = world_.copy();
  if (record.outcome != Outcome::unsupported && operands_of(world_, step) == Operands::usable) {
    const Execution execution = execute(context, step);
    const bool only_the_subject_refused = execution.refusals.empty() && !execution.underived;
    if (before && only_the_subject_refused) world_ = std::move(*before);
  }
  find_touched(world_, observed_, touched_);
  close_step(world_, observed_, step, record, touched_, diverged_[index]);
}

}  // namespace normdiff
