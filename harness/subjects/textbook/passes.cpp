#include "harness/subjects/textbook/run.hpp"

#include "harness/scenario/plan.hpp"

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
  auto output = forward(module, w.flow.tensor, manner, call);
  if (auto* refusal = std::get_if<Refusal>(&output)) return std::move(*refusal);
  // The input itself is what it was, also under no_grad.
  if (!call.gives_input) {
    w.flow.requires_grad =
        w.grad && (w.flow.requires_grad || (*module)[TensorSlot::weight].has_value());
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
  const Live& input = lives_[step.input];
  if (input.kind != NameKind::tensor) return needs(step.input);
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
  forward.flow = {input.tensor, input.requires_grad, true};
  forward.grad = step.grad;
  forward.baked = root->baked_calls;
  forward.result = step.result;
  if (on_flow) forward.last = count_calls(*root) - 1;
  if (auto refusal = walk(root, forward)) return ended(refusal);
  Live& result = define(step.result, NameKind::result);
  result.tensor = std::move(forward.flow.tensor);
  result.requires_grad = forward.flow.requires_grad;
  result.is_leaf = forward.flow.is_leaf;
  result.calls = std::move(forward.calls);
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

Ending Runner::run(const Backward& step) {
  Live& result = lives_[step.output];
  if (result.kind != NameKind::result) return needs(step.output);
  if (!result.requires_grad)
    return ended(Refusal{ErrorKind::no_graph, "nothing that requires a gradient was computed"});
  Tensor gradient(result.tensor.dtype(), result.tensor.shape());
  make_gradient(step, gradient.numel(), gradient.dtype(), gradient.data());
  bool reaches_input = true;
  for (std::size_t i = result.calls.size(); i-- > 0;) {
    const Call& call = result.calls[i];
    const bool saves = !call.gives_input && !traits_of(call.module->spec->layer).is_view;
    if (result.freed && saves)
      return ended(Refusal{ErrorKind::graph_freed, "a second backward; retain_graph was not set"});
    Gradients gradients = backward(call, gradient, fault_);
    const std::optional<Tensor>* of_parameters[] = {&gradients.weight, &gradients.bias};
    for (std::size_t k = 0; k < 2; ++k)
      if (Parameter& parameter = *call.module->parameters[k]; *of_parameters[k] && parameter.tensor)
        accumulate(parameter.grad, **of_parameters[k], parameter.tensor->dtype());
    reaches_input = call.input_requires_grad;
    if (!reaches_input) break;
    gradient = std::move(gradients.input);
    if (i == 0) break;
    const int before = static_cast<int>(i) - 1;
    if (on_flow)
      on_flow({step.output, static_cast<std::uint16_t>(before), Slot::leaf_output_grad}, gradient);
    leaf_gradients_.emplace_back(before, gradient);
  }
  if (Live& input = lives_[result.input]; reaches_input && input.requires_grad)
    accumulate(input.grad, gradient, input.tensor.dtype());
  result.freed = !step.retain_graph;
  return {};
}

}  // namespace normdiff::textbook
