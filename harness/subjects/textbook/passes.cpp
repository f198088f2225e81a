#include <algorithm>
#include <set>
#include <span>

#include "harness/scenario/plan.hpp"
#include "harness/subjects/textbook/run.hpp"

// Forward and backward through a tree, and the steps that run one.
namespace normdiff::textbook {
namespace {

std::size_t count_calls(const Module& module) {
  if (!module.is_sequential()) return 1;
  std::size_t count = 0;
  for (const auto& [name, child] : module.children) count += count_calls(*child);
  return count;
}

}  // namespace

std::optional<Refusal> Runner::walk(const ModulePtr& module, Walk& w) {
  if (module->is_sequential()) {
    for (const auto& [name, child] : module->children)
      if (auto refusal = walk(child, w)) return refusal;
    return std::nullopt;
  }
  const std::size_t number = w.calls.size();
  Manner manner{fault_, checks, {}};
  if (number < w.baked.size()) manner.baked = w.baked[number];
  Call call;
  call.input_requires_grad = w.flow.requires_grad;
  for (std::size_t k = 0; k < call.parameter_requires_grad.size(); ++k)
    call.parameter_requires_grad[k] =
        module->parameters[k]->tensor.has_value() && module->parameters[k]->requires_grad;
  auto output = forward(module, w.flow.tensor, manner, call);
  if (auto* refusal = std::get_if<Refusal>(&output)) return std::move(*refusal);
  // Flattening what is flat gives the input itself, also under no_grad.
  if (!traits_of(module->spec->layer).is_view || w.flow.tensor.shape().rank() != 2) {
    w.flow.requires_grad = w.grad && (w.flow.requires_grad ||
                                      call.parameter_requires_grad != std::array{false, false});
    w.flow.is_leaf = !w.flow.requires_grad;
  }
  w.flow.tensor = std::get<Tensor>(std::move(output));
  if (w.result) {
    const auto place = static_cast<std::uint16_t>(number);
    if (on_flow)
      on_flow(number == w.last ? Key{*w.result, 0, Slot::value}
                               : Key{*w.result, place, Slot::leaf_output},
              w.flow.tensor);
    leaf_outputs_.push_back(w.flow);
  }
  w.calls.push_back(std::move(call));
  return std::nullopt;
}

std::optional<Refusal> Runner::run_through(const ModulePtr& root, const Live& input) {
  Walk forward;
  forward.flow = {input.tensor, input.requires_grad, true};
  return walk(root, forward);
}

Ending Runner::run(const Forward& step) {
  const Live& callee = lives_[step.module.name];
  if (callee.kind == NameKind::undefined) return needs(step.module.name);
  if (!is_input(step.input)) return needs(step.input);
  const Live& input = lives_[step.input];
  if (callee.artefact) {
    auto output = callee.artefact->run(input.tensor);
    if (const auto* refusal = std::get_if<Refusal>(&output)) return ended(*refusal);
    Live& result = define(step.result, NameKind::result);
    result.tensor = std::get<Tensor>(std::move(output));
    if (on_flow) on_flow({step.result, 0, Slot::value}, result.tensor);
    return {};
  }
  const ModulePtr& root = callee.places[step.module.place];
  Walk forward;
  const bool goes_on = input.requires_grad && !(fault_ == Fault::result_detached && input.graph);
  forward.flow = {input.tensor, goes_on, input.is_leaf};
  forward.grad = step.grad;
  forward.baked = root->baked_calls;
  forward.result = step.result;
  if (on_flow) forward.last = count_calls(*root) - 1;
  if (auto refusal = walk(root, forward)) return ended(refusal);
  Live& result = define(step.result, NameKind::result);
  result.tensor = std::move(forward.flow.tensor);
  result.requires_grad = forward.flow.requires_grad;
  result.is_leaf = forward.flow.is_leaf;
  result.graph = std::make_shared<Graph>();
  result.graph->calls = std::move(forward.calls);
  if (goes_on) result.graph->before = input.graph;
  result.input = step.input;
  return {};
}

// Tracing runs the module once; running it again to check the trace leaves nothing.
Ending Runner::run(const JitTrace& step) {
  if (!is_tree(step.module.name)) return needs(step.module.name);
  const Live& input = lives_[step.input];
  if (input.kind != NameKind::tensor) return needs(step.input);
  const ModulePtr& module = lives_[step.module.name].places[step.module.place];
  Walk forward;
  forward.flow = {input.tensor, input.requires_grad, true};
  if (auto refusal = walk(module, forward)) return ended(refusal);
  if (fault_ == Fault::trace_check_moves_state && step.check_trace)
    if (auto refusal = run_through(module, input)) return ended(refusal);
  std::vector<BakedCall> calls;
  for (const Call& call : forward.calls) calls.push_back({call.input.shape().rank(), call.factor});
  define_tree(step.result, NameKind::script, trace(module, std::move(calls)));
  return {};
}

Ending Runner::run(const OnnxExport& step) {
  if (!is_tree(step.module.name)) return needs(step.module.name);
  const Live& input = lives_[step.input];
  if (input.kind != NameKind::tensor) return needs(step.input);
  auto artefact = onnx_export(lives_[step.module.name].places[step.module.place], input.tensor,
                              step, {fault_, checks, {}});
  if (const auto* refusal = std::get_if<Refusal>(&artefact)) return ended(*refusal);
  define(step.result, NameKind::artefact).artefact = std::get<Artefact>(std::move(artefact));
  return {};
}

void Runner::accumulate(std::optional<Tensor>& grad, const Tensor& added, DType dtype) {
  Tensor sum = added.to(dtype).clone();
  if (grad)
    for (std::int64_t i = 0; i < sum.numel(); ++i) sum.set(i, sum.at(i) + grad->at(i));
  grad = sum;
}

namespace {

/// The calls that a gradient goes through, the last one first.
std::vector<Call*> way_back(Graph* graph) {
  std::vector<Call*> way;
  for (; graph; graph = graph->before.get())
    for (auto call = graph->calls.rbegin(); call != graph->calls.rend(); ++call) {
      way.push_back(&*call);
      if (!call->input_requires_grad) return way;
    }
  return way;
}

bool is_gone(const Call* call) {
  return call->freed && !traits_of(call->module->spec->layer).is_view;
}

/// The parameters that calls have gradients for. Where a backward does not reach these calls, what
/// others added up for such a parameter is not its gradient.
std::set<const Parameter*> parameters_of(std::span<Call* const> calls) {
  std::set<const Parameter*> parameters;
  for (const Call* call : calls)
    for (std::size_t k = 0; k < call->parameter_requires_grad.size(); ++k)
      if (call->parameter_requires_grad[k]) parameters.insert(call->module->parameters[k].get());
  return parameters;
}

}  // namespace

Ending Runner::run(const Backward& step) {
  const Live& result = lives_[step.output];
  if (result.kind != NameKind::result) return needs(step.output);
  if (!result.requires_grad)
    return ended(Refusal{ErrorKind::no_graph, "nothing that requires a gradient was computed"});
  Tensor gradient(result.tensor.dtype(), result.tensor.shape());
  make_gradient(step, gradient.numel(), gradient.dtype(), gradient.data());
  const std::vector<Call*> way = way_back(result.graph.get());
  const auto gone = std::find_if(way.begin(), way.end(), is_gone);
  const std::set<const Parameter*> unfinished = parameters_of({gone, way.end()});
  auto number = static_cast<int>(result.graph->calls.size());  // of the calls that can be seen
  for (Call* call : std::span(way.begin(), gone)) {
    Gradients gradients = backward(*call, gradient, fault_);
    call->freed = call->freed || !step.retain_graph;
    const std::optional<Tensor>* of_parameters[] = {&gradients.weight, &gradients.bias};
    for (std::size_t k = 0; k < 2; ++k) {
      Parameter& parameter = *call->module->parameters[k];
      if (!*of_parameters[k] || !parameter.tensor || unfinished.contains(&parameter)) continue;
      const bool required = call->parameter_requires_grad[k] && parameter.requires_grad;
      if (required || fault_ == Fault::frozen_gets_gradients)
        accumulate(parameter.grad, **of_parameters[k], parameter.tensor->dtype());
    }
    if (!call->input_requires_grad) return {};
    gradient = std::move(gradients.input);
    if (--number <= 0) continue;  // nobody sees the gradients of inputs and inside earlier forwards
    if (on_flow)
      on_flow({step.output, static_cast<std::uint16_t>(number - 1), Slot::leaf_output_grad},
              gradient);
    leaf_gradients_.emplace_back(number - 1, gradient);
  }
  if (gone != way.end())
    return ended(Refusal{ErrorKind::graph_freed, "a second backward; retain_graph was not set"});
  NameId source = result.input;
  while (lives_[source].kind == NameKind::result) source = lives_[source].input;
  if (Live& input = lives_[source]; input.requires_grad)
    accumulate(input.grad, gradient, input.tensor.dtype());
  return {};
}

}  // namespace normdiff::textbook
