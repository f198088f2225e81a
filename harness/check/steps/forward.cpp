#include <algorithm>

#include "harness/check/execute.hpp"
#include "harness/scenario/plan.hpp"

namespace normdiff {

using reference::Activation;
using reference::LeafOutput;
using reference::Module;

namespace {

const reference::Arithmetic& arithmetic_of(const Manifest& manifest) {
  return manifest.family == "textbook" ? reference::any_implementation()
                                       : reference::libtorch_cpu();
}

Execution run_artefact(Context& c, const Forward& step, const Live& artefact, const Live& input) {
  const Key key{step.result, 0, Slot::value};
  Live& live = c.world.define(step.result, NameKind::result);
  live.input = step.input;
  Execution execution;
  execution.origin = {ModuleKind::Sequential, "onnx artefact", std::nullopt};
  // An artefact is exported for one shape and dtype (documented: no dynamic axes were asked for).
  if (input.values.shape != artefact.exported_for)
    execution.refusals.push_back(
        {reference::ErrorKind::shape_mismatch, "exported for another shape"});
  if (input.values.dtype != artefact.exported_dtype)
    execution.refusals.push_back(
        {reference::ErrorKind::dtype_mismatch, "exported for another dtype"});
  if (!execution.refusals.empty()) return execution;
  const auto& norms = artefact.exported->batch_norms;
  if (std::any_of(norms.begin(), norms.end(), [](const auto& bn) { return bn.training; })) {
    execution.underived =
        "onnxruntime runs batch statistics by another rule (biased running variance)";
    return execution;
  }
  reference::Arithmetic arithmetic = reference::libtorch_cpu();
  arithmetic.may_fold = true;
  reference::ForwardOptions options;
  options.grad = false;
  options.arithmetic = &arithmetic;
  const int last = reference::leaf_calls(*artefact.exported->model) - 1;
  const auto at_leaf = [&](int call, const LeafOutput& out) -> std::optional<Activation> {
    if (call == last)
      c.judge.numeric(key, {out.dtype(), out.shape(), false, true, 0},
                      {out.module().kind, "onnx artefact", std::nullopt},
                      [&out](const void* observed) { return out.compare(observed); });
    return std::nullopt;
  };
  // A copy each time would be safe too; the pass moves nothing of a model that is all in eval.
  c.work.forward.run(*artefact.exported->model, {input.values, input.values.dtype, std::nullopt},
                     options, at_leaf, nullptr);
  execution.refusals = c.work.forward.refusals();
  return execution;
}

}  // namespace

Execution execute(Context& c, const Forward& step) {
  const Live& input = c.world.names[step.input];
  if (c.world.names[step.module.name].kind == NameKind::artefact) {
    const Live artefact = c.world.names[step.module.name];
    return run_artefact(c, step, artefact, input);
  }
  Module& root = c.world.module(step.module);
  const int last = reference::leaf_calls(root) - 1;
  Execution execution;
  execution.origin = {root.kind, "", input.layout};

  reference::ForwardOptions options;
  options.grad = step.grad;
  options.input_requires_grad = input.requires_grad;
  options.past_soft_refusals = c.subject_accepted;
  options.unchecked = c.unchecked;
  options.arithmetic = &arithmetic_of(c.manifest);
  std::shared_ptr<reference::Tape> tape;
  if (step.grad) tape = std::make_shared<reference::Tape>();
  Layout layout = input.layout;

  const auto at_leaf = [&](int call, const LeafOutput& out) -> std::optional<Activation> {
    const Key key = call == last
                        ? Key{step.result, 0, Slot::value}
                        : Key{step.result, static_cast<std::uint16_t>(call), Slot::leaf_output};
    const bool shown = c.observed.changed(key);
    if (!shown && call != last) return std::nullopt;  // a subject need not show what is inside
    if (!shown && !c.subject_accepted) return std::nullopt;
    const Origin origin{out.module().kind, out.branch(), layout};
    c.judge.numeric(key, {out.dtype(), out.shape(), out.requires_grad(), !out.requires_grad(), 0},
                    origin, [&out](const void* observed) { return out.compare(observed); });
    if (!shown) return std::nullopt;
    const auto* tensor = std::get_if<ObservedTensor>(c.observed.now(key));
    if (!tensor || !tensor->known_dtype || tensor->shape != out.shape() ||
        tensor->dtype != out.dtype())
      return std::nullopt;
    layout = layout_of(tensor->shape, tensor->strides);
    return Activation{tensor->values(), tensor->dtype, layout};
  };
  reference::ForwardPass& pass = c.work.forward;
  pass.run(root, {input.values, input.values.dtype, input.layout}, options, at_leaf, tape.get());
  execution.refusals = pass.refusals();
  execution.bounded = pass.updates();
  if (pass.refused_by()) execution.origin.leaf = pass.refused_by()->kind;
  if (!execution.refusals.empty() && !c.subject_accepted) return execution;

  Live& live = c.world.define(step.result, NameKind::result);
  if (pass.calls() <= last) {  // the subject did what has no formula
    live.underived = true;
    return execution;
  }
  live.tape = tape;
  live.input = step.input;
  if (last < 0 && execution.refusals.empty()) {  // an empty Sequential gives its input
    ObservedTensor expected;
    expected.dtype = input.values.dtype;
    expected.shape = input.values.shape;
    expected.requires_grad = input.requires_grad;
    expected.data = static_cast<const std::byte*>(input.values.data);
    c.judge.exact({step.result, 0, Slot::value}, Value{expected},
                  {ModuleKind::Sequential, "empty", {}});
  }
  return execution;
}

Execution execute(Context& c, const Backward& step) {
  Execution execution;
  execution.origin = {ModuleKind::Sequential, "backward", std::nullopt};
  Live& live = c.world.names[step.output];
  const std::shared_ptr<reference::Tape> tape = live.tape;
  if (live.underived) {
    execution.underived = "its forward was done against the documentation";
    return execution;
  }
  if (!tape || !tape->requires_grad) {
    execution.refusals.push_back({reference::ErrorKind::no_graph, "nothing requires a gradient"});
    return execution;
  }
  if (tape->stale) {
    execution.underived = "a tensor that the graph saved was changed in place since";
    return execution;
  }
  if (tape->freed && tape->saves_tensors) {
    execution.refusals.push_back({reference::ErrorKind::graph_freed, "backward a second time"});
    return execution;
  }
  const std::int64_t n = tape->output.numel();
  c.work.gradient.resize(static_cast<std::size_t>(n) * 8 + 8);
  make_gradient(step, n, tape->dtype, c.work.gradient.data());
  const reference::Values upstream{c.work.gradient.data(), tape->dtype, tape->output, nullptr};

  const auto at_leaf =
      [&](int call, const reference::InputGradient& out) -> std::optional<reference::Values> {
    if (call == 0) return std::nullopt;
    const Key key{step.output, static_cast<std::uint16_t>(call - 1), Slot::leaf_output_grad};
    const Value* now = c.observed.now(key);
    if (!now) return std::nullopt;
    c.judge.numeric(key, {out.dtype(), out.shape(), false, true, 0},
                    {out.module().kind, out.branch(), std::nullopt},
                    [&out](const void* observed) { return out.compare(observed); });
    const auto* tensor = std::get_if<ObservedTensor>(now);
    if (!tensor || tensor->shape != out.shape() || tensor->dtype != out.dtype())
      return std::nullopt;
    return tensor->values();
  };
  c.work.backward.run(*tape, upstream, at_leaf);
  tape->freed = !step.retain_graph;

  const auto add = [&](const std::optional<reference::Tensor>& before,
                       const reference::Bounded& added) {
    reference::accumulate(before ? &*before : nullptr, added, tape->dtype, c.work.sum);
    reference::Tensor grad = before && before->shape() == added.shape
                                 ? *before
                                 : reference::Tensor(tape->dtype, added.shape);
    for (std::size_t i = 0; i < c.work.sum.value.size(); ++i)
      grad.set(static_cast<std::int64_t>(i), c.work.sum.value[i]);
    execution.bounded.push_back({grad.storage(), c.work.sum});
    return grad;
  };
  for (reference::ParameterGradient& gradient : c.work.backward.parameters()) {
    const std::size_t which = gradient.held == reference::Held::weight ? 0 : 1;
    gradient.expected.shape = gradient.module->tensors[which]->shape();
    c.world.set_grad(gradient.module->tensors[which]->storage(),
                     add(gradient.module->grads[which], gradient.expected));
  }
  Live& input = c.world.names[live.input];
  if (input.requires_grad && c.work.backward.input())
    input.grad = add(input.grad, *c.work.backward.input());
  return execution;
}

}  // namespace normdiff
