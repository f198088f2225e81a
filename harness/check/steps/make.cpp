#include "harness/check/execute.hpp"

namespace normdiff {

using reference::Module;
using reference::ModulePtr;

namespace {

/// States that a new name is a tree of new or shared modules. Its state is left for `scan`.
void expect_identities(Context& c, NameId name) {
  Live& live = c.world.names[name];
  for (std::size_t p = 0; p < live.places.size(); ++p)
    c.judge.exact({name, static_cast<std::uint16_t>(p), Slot::identity},
                  Value{static_cast<std::int64_t>(c.world.first_place(live.places[p]))},
                  {live.places[p]->kind, "", std::nullopt});
}

Execution define_tree(Context& c, NameId name, NameKind kind, ModulePtr root) {
  Live& live = c.world.define(name, kind);
  live.root = std::move(root);
  live.places = reference::places(*live.root);
  expect_identities(c, name);
  return {{}, {live.root->kind, "", std::nullopt}, {}, nullptr};
}

/// Modules of `spec` that are already live under the names it takes children from.
void collect_made(const ModuleExpression& expression, const ModuleSpec& spec, World& world,
                  reference::Made& made) {
  for (std::size_t i = 0; i < expression.children.size(); ++i) {
    const auto& child = expression.children[i].module;
    if (const auto* name = std::get_if<NameId>(&child))
      made.emplace(spec.children[i].module.get(), world.names[*name].root);
    else
      collect_made(std::get<ModuleExpression>(child), *spec.children[i].module, world, made);
  }
}

}  // namespace

Execution execute(Context& c, const Construct& step) {
  const NameInfo& info = c.scope[step.result];
  reference::Made made;
  collect_made(step.module, *info.spec, c.world, made);
  ModulePtr root = reference::construct(*info.spec, made);
  const std::vector<Module*> places = reference::places(*root);
  for (std::size_t p = 0; p < places.size(); ++p) {
    const reference::Place& place = info.places[p];
    if (c.world.first_place(places[p]) != nowhere) continue;  // already filled where it was made
    if (place.same_module_as != static_cast<int>(p)) continue;
    if (place.module->kind != ModuleKind::Conv2d && place.module->kind != ModuleKind::Linear)
      continue;
    for (TensorSlot slot : {TensorSlot::weight, TensorSlot::bias})
      if (auto& tensor = *tensor_of(*places[p], slot_of(slot)))
        initial_values(c.scenario, c.step, static_cast<int>(p), *place.module, slot,
                       static_cast<float*>(tensor->data()));
  }
  return define_tree(c, step.result, NameKind::module, std::move(root));
}

Execution execute(Context& c, const MakeTensor& step) {
  Live& live = c.world.define(step.result, NameKind::tensor);
  live.requires_grad = step.requires_grad;
  // What x holds is the harness's own data: the subject must show exactly that.
  const Key key{step.result, 0, Slot::value};
  const std::size_t bytes =
      static_cast<std::size_t>(step.shape.numel()) * reference::size_of(step.dtype);
  c.work.gradient.resize(bytes + 8);
  make_data(step.data, step.seed, step.shape.numel(), step.dtype, c.work.gradient.data());
  ObservedTensor expected;
  expected.dtype = step.dtype;
  expected.shape = step.shape;
  expected.requires_grad = step.requires_grad;
  expected.data = c.work.gradient.data();
  const Origin origin{ModuleKind::Sequential, "tensor", std::nullopt};
  c.judge.exact(key, Value{expected}, origin);
  // The bits that later steps read are the observed ones: they live as long as the trace.
  if (const Value* now = c.observed.now(key))
    if (const auto* tensor = std::get_if<ObservedTensor>(now); tensor && tensor->known_dtype &&
                                                               tensor->dtype == step.dtype &&
                                                               tensor->shape == step.shape) {
      live.values = tensor->values();
      live.layout = layout_of(tensor->shape, tensor->strides);
    }
  return {{}, origin, {}, nullptr};
}

Execution execute(Context& c, const DeepCopy& step) {
  return define_tree(c, step.result, NameKind::module,
                     reference::deepcopy(c.world.module(step.module)));
}

Execution execute(Context& c, const JitScript& step) {
  return define_tree(c, step.result, NameKind::script,
                     reference::script(c.world.module(step.module)));
}

Execution execute(Context& c, const JitSaveLoad& step) {
  return define_tree(c, step.result, NameKind::script,
                     reference::save_load(*c.world.names[step.script].root));
}

// Tracing runs the module once; a check run leaves nothing.
Execution execute(Context& c, const JitTrace& step) {
  Module& module = c.world.module(step.module);
  const Live& input = c.world.names[step.input];
  reference::ForwardOptions options;
  options.grad = true;
  options.past_soft_refusals = c.subject_accepted;
  options.input_requires_grad = input.requires_grad;
  options.arithmetic = &reference::libtorch_cpu();
  reference::ForwardPass& pass = c.work.forward;
  pass.run(module, {input.values, input.values.dtype, input.layout}, options, {}, nullptr);
  if (!pass.refusals().empty() && !c.subject_accepted)
    return {pass.refusals(), {module.kind, "trace", std::nullopt}, known_within(pass), nullptr};
  Execution execution =
      define_tree(c, step.result, NameKind::script, reference::trace(module, pass.ranks()));
  execution.refusals = pass.refusals();
  execution.bounded = known_within(pass);
  return execution;
}

}  // namespace normdiff
