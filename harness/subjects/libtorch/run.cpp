#include "harness/subjects/libtorch/run.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/core/DefaultDtype.h>
#include <torch/types.h>

#include <new>

#include "harness/subjects/libtorch/errors.hpp"
#include "harness/subjects/libtorch/observe.hpp"

namespace normdiff::libtorch {
namespace {

/// Resets what a scenario may count on, whatever ran before.
void reset_process_state() {
  if (at::get_num_threads() != 1) at::set_num_threads(1);
  at::globalContext().setFlushDenormal(false);
  c10::GradMode::set_enabled(true);
  c10::set_default_dtype(caffe2::TypeMeta::Make<float>());
}

}  // namespace

void Runner::run(const Scenario& scenario, const Scope& scope, Trace& trace) {
  observed_ = true;
  recorder_.begin(trace, scenario.names.size());
  run_steps(scenario, scope);
}

void Runner::run_bare(const Scenario& scenario, const Scope& scope) {
  observed_ = false;
  run_steps(scenario, scope);
}

void Runner::run_steps(const Scenario& scenario, const Scope& scope) {
  drop_everything();  // an exception may have left something
  reset_process_state();
  scenario_ = &scenario;
  scope_ = &scope;
  by_leaf_ = observed_ && scenario.seed % 2 == 0;
  if (lives_.size() < scenario.names.size()) lives_.resize(scenario.names.size());
  step_ = 0;
  for (const Statement& statement : scenario.statements) {
    const Ending ending = run_step(statement.step);
    if (observed_) {
      show(statement.step, ending);
      recorder_.end_step(ending.outcome, ending.error_class, ending.text);
    }
    if (ending.outcome == Outcome::out_of_memory) break;
    ++step_;
  }
  drop_everything();
}

Ending Runner::run_step(const Step& step) {
  try {
    return run(step);
  } catch (const std::exception& error) {
    return describe(error);
  }
}

void Runner::drop_everything() {
  leaf_outputs_.clear();
  for (Live& live : lives_) {
    live.kind = NameKind::undefined;
    live.tensor.reset();
    live.leaf_gradients.clear();
    live.nodes.clear();
    live.root.reset();
  }
  shown_.clear();
  first_place_.clear();
}

void Runner::show(const Step& step, const Ending& ending) {
  const bool replaced = std::holds_alternative<Replace>(step);
  for (const NameId name : shown_) {
    const Live& live = lives_[name];
    if (live.kind == NameKind::tensor) {
      show_tensor(recorder_, name, live.tensor);
    } else {
      if (replaced || (*scope_)[name].step == step_) show_identities(name);
      show_module(recorder_, name, live.nodes);
    }
  }
  if (const auto* forward = std::get_if<Forward>(&step)) {
    const bool made = ending.outcome == Outcome::ok;
    for (std::size_t i = 0; i + (made ? 1 : 0) < leaf_outputs_.size(); ++i)
      libtorch::show(recorder_, {forward->result, static_cast<std::uint16_t>(i), Slot::leaf_output},
                     leaf_outputs_[i]);
    if (made)
      libtorch::show(recorder_, {forward->result, 0, Slot::value}, lives_[forward->result].tensor);
    leaf_outputs_.clear();
  } else if (const auto* backward = std::get_if<Backward>(&step)) {
    std::vector<at::Tensor>& gradients = lives_[backward->output].leaf_gradients;
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      if (!gradients[i].defined()) continue;  // it did not get that far
      libtorch::show(recorder_,
                     {backward->output, static_cast<std::uint16_t>(i), Slot::leaf_output_grad},
                     gradients[i]);
      gradients[i].reset();
    }
  }
}

/// Only a replacement changes which module stands at a place.
void Runner::show_identities(NameId name) {
  const std::vector<Node>& nodes = lives_[name].nodes;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Key key{name, static_cast<std::uint16_t>(i), Slot::identity};
    const std::uint64_t first = first_place_.emplace(nodes[i].module, key.packed()).first->second;
    recorder_.integer(key, static_cast<std::int64_t>(first));
  }
}

}  // namespace normdiff::libtorch
