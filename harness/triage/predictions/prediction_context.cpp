#include "harness/triage/predictions/prediction_context.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace normdiff {

using reference::ErrorKind;
using reference::Module;

void count_batch(Module& module) {
  auto& counter = module.tensor(TensorSlot::num_batches_tracked);
  const bool training = module.traced_training.value_or(module.training);
  if (!is_batch_norm(module.layer) || !counter || !training || !module.norm().track_running_stats)
    return;
  if (counter->dtype() == DType::int64) {
    auto* value = static_cast<std::int64_t*>(counter->data());
    *value = reference::counted(*value);
  } else {
    counter->set(0, counter->at(0) + 1);
  }
}

bool averages_cumulatively(Module& root) {
  const std::vector<Module*> places = reference::places(root);
  return std::any_of(places.begin(), places.end(), [](const Module* module) {
    const auto* norm = batch_norm_in(module->layer);
    return norm && module->training && !norm->momentum && norm->track_running_stats &&
           module->find(TensorSlot::num_batches_tracked);
  });
}

TrackOptionReadAnew::TrackOptionReadAnew(Module& root, bool is_cpp)
    : root_(root), calls_(root.traced_calls) {
  for (Module* module : reference::places(root)) {
    if (!is_norm(module->layer) || !module->find(TensorSlot::running_mean)) continue;
    if (is_batch_norm(module->layer) && !is_cpp) continue;
    auto& options = module->norm();
    if (options.track_running_stats) continue;
    SwitchedOff off{module, module->training, module->traced_training, std::nullopt};
    if (const auto& counter = module->tensor(TensorSlot::num_batches_tracked))
      off.counter = counter->clone();
    switched_off_.push_back(std::move(off));
    module->training = true;
    if (module->traced_training) module->traced_training = true;
    options.track_running_stats = true;
  }
  if (switched_off_.empty() || !is_cpp) return;
  // Without a momentum the factor is 0 here: the counter that it comes from does not move.
  root.traced_calls.clear();
  for (const Module* module : reference::places(root)) {
    if (is_container(module->layer)) continue;
    auto& factor = root.traced_calls.emplace_back().factor;
    for (const SwitchedOff& off : switched_off_)
      if (off.module == module) factor = 0.0;
  }
}

TrackOptionReadAnew::~TrackOptionReadAnew() {
  root_.traced_calls = std::move(calls_);
  for (const SwitchedOff& off : switched_off_) {
    off.module->training = off.training;
    off.module->traced_training = off.traced_training;
    off.module->norm().track_running_stats = false;
    if (off.counter)
      std::memcpy(off.module->tensor(TensorSlot::num_batches_tracked)->data(), off.counter->data(),
                  reference::size_of(off.counter->dtype()));
  }
}

void PredictionContext::move_counter_of_refuser() {
  const reference::ForwardPass& pass = context_.work.forward;
  auto* refuser = const_cast<Module*>(pass.refused_by());
  if (!refuser || !is_batch_norm(refuser->layer)) return;
  const auto& refusals = pass.refusals();
  if (std::any_of(refusals.begin(), refusals.end(),
                  [](const auto& r) { return r.kind == ErrorKind::wrong_rank; }))
    return;
  count_batch(*refuser);
}

Execution PredictionContext::execute(const Step& step) {
  if (others_.empty()) return normdiff::execute(context_, step);
  const auto others = others_;
  others_ = others.subspan(1);
  auto execution = (*others.front())(*this, step);
  others_ = others;
  if (execution) return *std::move(execution);
  if (inapplicable_ == nullptr) inapplicable_ = others.front();
  return {};
}

Execution PredictionContext::execute_without(reference::Unchecked checks, const Step& step) {
  const reference::Unchecked before = context_.unchecked;
  context_.unchecked.eps |= checks.eps;
  context_.unchecked.empty_input |= checks.empty_input;
  context_.unchecked.single_value |= checks.single_value;
  Execution execution = execute(step);
  context_.unchecked = before;
  return execution;
}

Execution PredictionContext::run_forward(Module& root, NameId input_name, bool continues) {
  const Live& input = world.names[input_name];
  reference::ForwardOptions options;
  options.grad = true;
  options.input_requires_grad = input.requires_grad;
  options.past_soft_refusals = context_.subject_accepted;
  options.continues = continues;
  options.arithmetic = &context_.arithmetic();
  const TrackOptionReadAnew anew(root, is_cpp());
  context_.work.forward.run(root, {input.values, input.values.dtype, input.layout}, options, {},
                            nullptr);
  move_counter_of_refuser();
  return {context_.work.forward.refusals(),
          {root.kind(), "", {}},
          known_within(context_.work.forward),
          nullptr};
}

Execution PredictionContext::trace(const JitTrace& step, int runs) {
  Module& root = world.module(step.module);
  std::vector<std::pair<reference::Tensor, reference::Tensor>> before;  // and a copy
  for (const Module* module : reference::places(root))
    for (const auto& tensor : module->tensors)
      if (tensor) before.emplace_back(*tensor, tensor->clone());
  Execution execution = execute(step);
  if (!execution.refusals.empty()) return execution;
  for (auto& [tensor, copy] : before)
    if (tensor.numel() > 0)
      std::memcpy(tensor.data(), copy.data(),
                  static_cast<std::size_t>(copy.numel()) * reference::size_of(copy.dtype()));
  for (int run = 0; run < runs; ++run) execution = run_forward(root, step.input, run > 0);
  return execution;
}

std::optional<Execution> PredictionContext::run_up_to(
    const Forward& step, const std::function<bool(const Module&)>& stops) {
  const auto before = std::make_shared<Module>();  // a Sequential of the very leaves
  const std::function<bool(const Module&)> collect = [&](const Module& module) {
    if (stops(module)) return true;
    for (const auto& [name, child] : module.children) {
      if (collect(*child)) return true;
      if (!is_container(child->layer)) before->children.emplace_back("", child);
    }
    return false;
  };
  Module& root = world.module(step.module);
  if (!collect(root)) return std::nullopt;
  if (before->children.empty()) return Execution{};
  const TrackOptionReadAnew anew(root, is_cpp());
  before->traced_calls = root.traced_calls;
  Context unchecked = context_;
  unchecked.unchecked = {is_cpp(), true, is_cpp()};
  Execution execution = run_module(unchecked, step, *before);
  if (!execution.refusals.empty()) return std::nullopt;
  world.forget(step.result);  // what stops it makes nothing
  return execution;
}

bool PredictionContext::recompute(reference::Tape& graph) {
  if (graph.calls.empty()) return true;
  Module root;
  for (const reference::TapeEntry& call : graph.calls) {
    auto again = std::make_shared<Module>(*call.module);
    std::copy(call.tensors.begin(), call.tensors.end(), again->tensors.begin());
    again->training = call.batch_statistics;
    again->layer = call.layer;
    if (auto* norm = norm_in(again->layer); norm && call.batch_statistics)
      norm->track_running_stats = false;  // what moved has moved already
    root.children.emplace_back("", std::move(again));
  }
  reference::ForwardOptions options;
  options.input_requires_grad = graph.calls.front().input_requires_grad;
  options.past_soft_refusals = true;
  options.arithmetic = &context_.arithmetic();
  reference::Tape made;
  reference::ForwardPass& pass = context_.work.forward;
  pass.run(root, graph.calls.front().input, options, {}, &made);
  if (made.calls.size() != graph.calls.size()) return false;
  for (std::size_t i = 0; i < made.calls.size(); ++i) graph.calls[i].input = made.calls[i].input;
  return true;
}

void PredictionContext::split_places(NameId of, bool tensors) {
  Live& tree = world.names[of];
  const std::function<void(Module&)> split = [&](Module& parent) {
    for (auto& [name, child] : parent.children) {
      child = std::make_shared<Module>(*child);
      if (tensors)
        for (auto& tensor : child->tensors)
          if (tensor) tensor = tensor->clone();
      split(*child);
    }
  };
  if (!tree.root) return;
  split(*tree.root);
  tree.places = reference::places(*tree.root);
}

}  // namespace normdiff
