#include <algorithm>

#include "harness/generate/draft.hpp"
#include "harness/model/execute.hpp"
#include "harness/model/lost_norms.hpp"
#include "harness/scenario/plan.hpp"

namespace normdiff {

using reference::Activation;
using reference::LeafOutput;
using reference::Module;

namespace {

/// Every layer below holds a weight of the rank that its formula is documented for.
bool has_its_weights(const Module& module) {
  if (traits_of(module.layer).needs_weight) {
    const auto fresh = fresh_tensor(module.layer, TensorSlot::weight);
    if (module.find(TensorSlot::weight)->shape().rank() != fresh->shape.rank()) return false;
  }
  return std::all_of(module.children.begin(), module.children.end(),
                     [](const auto& child) { return has_its_weights(*child.second); });
}

/// An instance norm below holds statistics, and nothing else, of another dtype than the input.
bool mixes_dtypes(const Module& module, DType input) {
  const auto differs = [&](TensorSlot slot) {
    return module.find(slot) != nullptr && module.find(slot)->dtype() != input;
  };
  if (is_norm(module.layer) && !is_batch_norm(module.layer) && differs(TensorSlot::running_mean) &&
      !differs(TensorSlot::weight))
    return true;
  return std::any_of(module.children.begin(), module.children.end(),
                     [input](const auto& child) { return mixes_dtypes(*child.second, input); });
}

/// A callee without layers gives its input: a module gives it `itself`, an artefact a copy.
void expect_input(Context& c, Key key, const Live& input, bool itself) {
  ObservedTensor expected;
  expected.dtype = input.values.dtype;
  expected.shape = input.values.shape;
  expected.requires_grad = itself && input.requires_grad;
  expected.is_leaf = !itself || input.is_leaf;
  expected.data = static_cast<const std::byte*>(input.values.data);
  c.expect.exact(key, Value{expected}, {no_leaf, "empty", {}});
}

Execution run_artefact(Context& c, const Forward& step, const Live& artefact, const Live& input) {
  // A runtime need not show what it gives without its optimisations.
  std::vector<Key> runs = {{step.result, 0, Slot::value}};
  if (const Key plain{step.result, 1, Slot::value}; c.observed.changed(plain))
    runs.push_back(plain);
  Live& live = c.world.define(step.result, NameKind::result);
  live.input = step.input;
  Execution execution;
  execution.origin = {no_leaf, "onnx artefact", std::nullopt};
  if (!artefact.exported) {
    execution.underived = "what was exported to an odd opset is not derived";
    return execution;
  }
  // An artefact is exported for one shape and dtype (documented: no dynamic axes were asked for).
  if (input.values.shape != artefact.exported_for)
    execution.refusals.push_back(
        {reference::ErrorKind::shape_mismatch, "exported for another shape"});
  if (input.values.dtype != artefact.exported_dtype)
    execution.refusals.push_back(
        {reference::ErrorKind::dtype_mismatch, "exported for another dtype"});
  if (!execution.refusals.empty()) return execution;
  const auto& exported_by = definition<OnnxExport>(c.scenario, c.scope, step.module.name);
  if (exported_by.opset_version < artefact.exported->mode_opset) {
    execution.underived = "an opset whose nodes cannot say that they train";
    return execution;
  }
  // A runtime is not the subject: it computes stably, in whatever order.
  reference::Arithmetic arithmetic = reference::arithmetic_of(reference::Kernels::stable, c.tier);
  arithmetic.may_fold = true;
  reference::ForwardOptions options;
  options.grad = false;
  options.arithmetic = &arithmetic;
  options.past_soft_refusals = true;  // ONNX's operators have no such checks
  // Batch statistics move running ones, which an artefact keeps to itself.
  const reference::ModulePtr model = reference::deepcopy(*artefact.exported->model);
  for (Module* module : reference::places(*model))  // ONNX's epsilon is a float32
    if (auto* norm = norm_in(module->layer)) norm->eps = static_cast<float>(norm->eps);
  const int last = reference::leaf_calls(*model) - 1;
  const auto at_leaf = [&](int call, const LeafOutput& out) -> std::optional<Activation> {
    if (call != last) return std::nullopt;
    for (const Key run : runs) {
      c.expect.within(run, {out.dtype(), out.shape(), false, true, 0},
                      {out.module().kind(), "onnx artefact", std::nullopt},
                      [&out](const void* observed) { return out.compare(observed); });
      c.expect.instead(run, [&](const void* observed) {
        return lost_norms(c, step, *model, options, observed);
      });
    }
    return std::nullopt;
  };
  c.work.forward.run(*model, {input.values, input.values.dtype, std::nullopt}, options, at_leaf,
                     nullptr);
  execution.refusals = c.work.forward.refusals();
  for (const Key run : runs)
    if (last < 0) expect_input(c, run, input, false);
  return execution;
}

}  // namespace

std::vector<KnownWithin> known_within(const reference::ForwardPass& pass) {
  std::vector<KnownWithin> known;
  known.reserve(pass.updates().size());
  for (const reference::StatisticUpdate& update : pass.updates())
    known.push_back({update.storage, &update.expected});
  return known;
}

Execution execute(Context& c, const Forward& step) {
  if (c.world.names[step.module.name].kind == NameKind::artefact) {
    const Live artefact = c.world.names[step.module.name];
    return run_artefact(c, step, artefact, c.world.names[step.input]);
  }
  return run_module(c, step, c.world.module(step.module));
}

Execution run_module(Context& c, const Forward& step, Module& root) {
  const Live& input = c.world.names[step.input];
  const int last = reference::leaf_calls(root) - 1;
  Execution execution;
  execution.origin = {root.kind(), "", input.layout};

  if (!has_its_weights(root)) {
    execution.underived = "a load that nobody checked left a layer with a weight of another rank";
    return execution;
  }
  if (mixes_dtypes(root, input.values.dtype)) {
    execution.underived =
        "what an instance norm makes of statistics of another dtype is not documented";
    return execution;
  }
  reference::ForwardOptions options;
  options.grad = step.grad;
  options.input_requires_grad = input.requires_grad;
  options.input_is_leaf = input.is_leaf;
  options.past_soft_refusals = c.subject_accepted;
  options.unchecked = c.unchecked;
  options.arithmetic = &c.arithmetic();
  std::shared_ptr<reference::Tape> tape;
  if (step.grad) tape = std::make_shared<reference::Tape>();
  if (tape && input.requires_grad) tape->before = input.tape;
  Layout layout = input.layout;

  const auto at_leaf = [&](int call, const LeafOutput& out) -> std::optional<Activation> {
    // The output of the last leaf is seen as one inside, where something behind it refuses.
    const Key inner{step.result, static_cast<std::uint16_t>(call), Slot::leaf_output};
    const Key key =
        call == last && !c.observed.changed(inner) ? Key{step.result, 0, Slot::value} : inner;
    const bool shown = c.observed.changed(key);
    if (!shown && call != last) return std::nullopt;  // a subject need not show what is inside
    if (!shown && !c.subject_accepted) return std::nullopt;
    const Origin origin{out.module().kind(), out.branch(), layout};
    c.expect.within(key, {out.dtype(), out.shape(), out.requires_grad(), out.is_leaf(), 0}, origin,
                    [&out](const void* observed) { return out.compare(observed); });
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
  execution.bounded = known_within(pass);
  if (pass.refused_by()) execution.origin.leaf = pass.refused_by()->kind();
  if (!execution.refusals.empty() && !c.subject_accepted) return execution;

  Live& live = c.world.define(step.result, NameKind::result);
  if (pass.calls() <= last) {  // the subject did what has no formula
    live.underived = true;
    return execution;
  }
  // Without gradients the input itself, and nothing else, can come out and require one.
  live.tape = tape || !pass.requires_grad() ? tape : input.tape;
  live.input = step.input;
  if (last < 0 && execution.refusals.empty())
    expect_input(c, {step.result, 0, Slot::value}, input, true);
  return execution;
}

void draw(Draft& draft, KindOf<Forward>) {
  DraftedPath path = draft.any_eager(0.85);
  const int scripts = draft.count(NameKind::script);
  const int artefacts = draft.count(NameKind::artefact);
  if (scripts + artefacts > 0 && draft.random.chance(0.5)) {
    const bool script = draft.between(1, scripts + artefacts) <= scripts;
    path = {draft.any_tree(script ? NameKind::script : NameKind::artefact), 0};
  }
  if (!draft.is(Profile::bench) && draft.random.chance(0.25))
    if (const auto earlier = draft.result_for(path)) return draft.forward(path, *earlier, true);
  draft.forward(path, draft.tensor_for(path), true);
}

void draw_wrong_input(Draft& draft) {
  const DraftedPath path = draft.any_eager(0.8);
  const DType dtype = draft.group(path).dtype;
  InputSizes wrong = draft.takes(path);
  wrong.unbatched = false;
  const std::uint64_t how = draft.random.below(3);
  // One dimension less is no batch to a convolution.
  if (how == 0) wrong.rank = wrong.rank >= 4 ? wrong.rank - 1 : 4;
  if (how == 1) ++wrong.channels;
  const DType other = dtype == DType::float32 ? DType::float64 : DType::float32;
  Shape shape = draft.shape_for(wrong);
  if (shape[0] == 0) shape[0] = 2;
  draft.forward(path, draft.make_tensor(shape, how == 2 ? other : dtype, true), false);
}

void draw_single_value(Draft& draft) {
  const DraftedPath path = draft.any_norm();
  const InputSizes& takes = draft.module(path).takes;
  Shape shape{1, takes.channels};
  for (int i = 0; i < takes.rank - 2; ++i) shape.push_back(1);
  draft.push(Train{draft.ref(path), true});
  draft.forward(path, draft.make_tensor(shape, draft.group(path).dtype, true), false);
}

void draw_wrong_eps(Draft& draft) {
  const DraftedPath path = draft.any_norm();
  const double before = draft.module(path).eps;
  const DraftedTensor& input = draft.tensor_for(path);
  draft.push(SetEps{draft.ref(path), draft.random.chance(0.5) ? 0 : -0.001});
  draft.forward(path, input, false);
  draft.push(SetEps{draft.ref(path), before});
}

}  // namespace normdiff
