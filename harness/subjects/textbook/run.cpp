#include "harness/subjects/textbook/run.hpp"

#include <functional>

#include "harness/scenario/plan.hpp"

namespace normdiff::textbook {
namespace {

std::optional<NameId> missing(const ModuleExpression& expression,
                              const std::function<bool(NameId)>& is_live) {
  for (const ModuleExpression::Child& child : expression.children) {
    if (const NameId* name = std::get_if<NameId>(&child.module)) {
      if (!is_live(*name)) return *name;
    } else if (auto below = missing(std::get<ModuleExpression>(child.module), is_live)) {
      return below;
    }
  }
  return std::nullopt;
}

}  // namespace

void Runner::run(const Scenario& scenario, const Scope& scope, Trace& trace) {
  scenario_ = &scenario;
  scope_ = &scope;
  lives_.assign(scenario.names.size(), Live());
  shown_.clear();
  first_place_.clear();
  recorder_.begin(trace, scenario.names.size());
  step_ = 0;
  for (const Statement& statement : scenario.statements) {
    leaf_outputs_.clear();
    leaf_gradients_.clear();
    const Ending ending = std::visit([this](const auto& s) { return run(s); }, statement.step);
    show(statement.step, ending);
    recorder_.end_step(ending.outcome, ending.error_class, ending.text);
    ++step_;
  }
  lives_.clear();  // modules point into the scope, which is the caller's
}

Runner::Ending Runner::needs(NameId name) const {
  return {Outcome::unsupported, {}, "needs " + scenario_->names[name] + ", which was not made"};
}

Runner::Ending Runner::ended(const std::optional<Refusal>& refusal) {
  if (!refusal) return {};
  return {Outcome::error, std::string(reference::to_string(refusal->kind)), refusal->why};
}

template <class F>
Runner::Ending Runner::with(ModuleRef module, F f) {
  Live& live = lives_[module.name];
  if (live.kind != NameKind::module) return needs(module.name);
  f(live.places[module.place]);
  return {};
}

void Runner::define(NameId name, Live live) {
  lives_[name] = std::move(live);
  if (lives_[name].kind != NameKind::result) shown_.push_back(name);
}

ModulePtr Runner::build(const ModuleExpression& expression, NameId result, std::size_t& place) {
  const std::size_t mine = place++;
  const auto& places = (*scope_)[result].places;
  ModulePtr module = fresh(*places[mine].module);
  visit_tensors(module->spec->layer, [&](const reference::FreshTensor& fresh) {
    if (fresh.fill == reference::Fill::drawn)
      initial_values(*scenario_, step_, static_cast<int>(mine), *module->spec, fresh.slot,
                     static_cast<float*>((*module)[fresh.slot]->data()));
  });
  for (const ModuleExpression::Child& child : expression.children) {
    if (const NameId* name = std::get_if<NameId>(&child.module)) {
      module->children.emplace_back(child.name, lives_[*name].places.front());
      place = static_cast<std::size_t>(places[place].end);
    } else {
      module->children.emplace_back(child.name,
                                    build(std::get<ModuleExpression>(child.module), result, place));
    }
  }
  return module;
}

Runner::Ending Runner::run(const Construct& step) {
  const auto is_live = [&](NameId name) { return lives_[name].kind == NameKind::module; };
  if (const auto name = missing(step.module, is_live)) return needs(*name);
  Live live;
  live.kind = NameKind::module;
  std::size_t place = 0;
  list_places(build(step.module, step.result, place), live.places);
  define(step.result, std::move(live));
  return {};
}

Runner::Ending Runner::run(const MakeTensor& step) {
  Live live;
  live.kind = NameKind::tensor;
  live.tensor = Tensor(step.dtype, step.shape);
  live.requires_grad = step.requires_grad;
  make_data(step.data, step.seed, step.shape.numel(), step.dtype, live.tensor.data());
  define(step.result, std::move(live));
  return {};
}

Runner::Ending Runner::run(const Train& step) {
  return with(step.module, [&](const ModulePtr& module) { train(*module, step.mode); });
}

Runner::Ending Runner::run(const SetTraining& step) {
  return with(step.module, [&](const ModulePtr& module) { module->training = step.value; });
}

Runner::Ending Runner::run(const SetMomentum& step) {
  return with(step.module, [&](const ModulePtr& module) { module->momentum = step.value; });
}

Runner::Ending Runner::run(const SetEps& step) {
  return with(step.module, [&](const ModulePtr& module) { module->eps = step.value; });
}

Runner::Ending Runner::run(const SetTrackRunningStats& step) {
  return with(step.module,
              [&](const ModulePtr& module) { module->track_running_stats = step.value; });
}

Runner::Ending Runner::run(const Fill& step) {
  return with(step.module, [&](const ModulePtr& module) {
    Tensor& tensor = *(*module)[step.slot];
    make_data(step.data, step.seed, tensor.numel(), tensor.dtype(), tensor.data());
  });
}

Runner::Ending Runner::run(const ResetRunningStats& step) {
  std::optional<Refusal> refusal;
  const Ending ending =
      with(step.module, [&](const ModulePtr& module) { refusal = reset_running_stats(*module); });
  return refusal ? ended(refusal) : ending;
}

Runner::Ending Runner::run(const CastTo& step) {
  return with(step.module, [&](const ModulePtr& module) { cast(*module, step.dtype); });
}

Runner::Ending Runner::run(const ZeroGrad& step) {
  return with(step.module, [&](const ModulePtr& module) { zero_grad(*module); });
}

Runner::Ending Runner::run(const DeepCopy& step) {
  Live live;
  live.kind = NameKind::module;
  Ending ending = with(step.module, [&](const ModulePtr& module) {
    list_places(deepcopy(module, fault_), live.places);
  });
  if (ending.outcome == Outcome::ok) define(step.result, std::move(live));
  return ending;
}

Runner::Ending Runner::run(const LoadStateDict& step) {
  if (lives_[step.target.name].kind != NameKind::module) return needs(step.target.name);
  std::optional<Refusal> refusal;
  const Ending ending = with(step.source, [&](const ModulePtr& source) {
    refusal = load_state_dict(*lives_[step.target.name].places[step.target.place], *source);
  });
  return refusal ? ended(refusal) : ending;
}

template <class Other>
Runner::Ending Runner::run(const Other&) {
  return {Outcome::unsupported, {}, "the textbook has neither torch.jit nor torch.onnx"};
}

std::optional<Refusal> Runner::walk(const ModulePtr& module, Flow& flow, bool grad,
                                    std::vector<Call>& calls) {
  if (is_container(module->spec->layer)) {
    for (const auto& [name, child] : module->children)
      if (auto refusal = walk(child, flow, grad, calls)) return refusal;
    return std::nullopt;
  }
  Call call;
  call.input_requires_grad = flow.requires_grad;
  auto output = forward(module, flow.tensor, fault_, call);
  if (auto* refusal = std::get_if<Refusal>(&output)) return std::move(*refusal);
  // A view of the same shape is the input itself, also under no_grad.
  if (!traits_of(module->spec->layer).is_view || call.output != call.input.shape()) {
    flow.requires_grad = grad && (flow.requires_grad || (*module)[TensorSlot::weight].has_value());
    flow.is_leaf = !flow.requires_grad;
  }
  flow.tensor = std::get<Tensor>(std::move(output));
  leaf_outputs_.push_back(flow);
  calls.push_back(std::move(call));
  return std::nullopt;
}

Runner::Ending Runner::run(const Forward& step) {
  const Live& module = lives_[step.module.name];
  if (module.kind != NameKind::module) return needs(step.module.name);
  const Live& input = lives_[step.input];
  if (input.kind != NameKind::tensor) return needs(step.input);
  Live result;
  result.kind = NameKind::result;
  result.input = step.input;
  Flow flow{input.tensor, input.requires_grad, true};
  if (auto refusal = walk(module.places[step.module.place], flow, step.grad, result.calls))
    return ended(refusal);
  result.tensor = std::move(flow.tensor);
  result.requires_grad = flow.requires_grad;
  result.is_leaf = flow.is_leaf;
  define(step.result, std::move(result));
  return {};
}

void Runner::accumulate(std::optional<Tensor>& grad, const Tensor& added, DType dtype) {
  Tensor sum = added.to(dtype).clone();
  if (grad)
    for (std::int64_t i = 0; i < sum.numel(); ++i) sum.set(i, sum.at(i) + grad->at(i));
  grad = sum;
}

Runner::Ending Runner::run(const Backward& step) {
  Live& result = lives_[step.output];
  if (result.kind != NameKind::result) return needs(step.output);
  if (!result.requires_grad)
    return ended(Refusal{ErrorKind::no_graph, "nothing that requires a gradient was computed"});
  bool saves = false;
  for (const Call& call : result.calls) saves |= !traits_of(call.module->spec->layer).is_view;
  if (result.freed && saves)
    return ended(Refusal{ErrorKind::graph_freed, "a second backward; retain_graph was not set"});
  Tensor gradient(result.tensor.dtype(), result.tensor.shape());
  make_gradient(step, gradient.numel(), gradient.dtype(), gradient.data());
  bool reaches_input = true;
  for (std::size_t i = result.calls.size(); i-- > 0;) {
    const Call& call = result.calls[i];
    Gradients gradients = backward(call, gradient, fault_);
    const std::optional<Tensor>* of_parameters[] = {&gradients.weight, &gradients.bias};
    for (std::size_t k = 0; k < reference::parameter_slot_count; ++k)
      if (*of_parameters[k] && call.module->tensors[k])
        accumulate(call.module->grads[k], **of_parameters[k], call.module->tensors[k]->dtype());
    reaches_input = call.input_requires_grad;
    if (!reaches_input) break;
    gradient = std::move(gradients.input);
    if (i > 0) leaf_gradients_.emplace_back(static_cast<int>(i) - 1, gradient);
  }
  if (Live& input = lives_[result.input]; reaches_input && input.requires_grad)
    accumulate(input.grad, gradient, input.tensor.dtype());
  result.freed = !step.retain_graph;
  return {};
}

}  // namespace normdiff::textbook
