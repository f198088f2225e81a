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

void Runner::begin(const Scenario& scenario, const Scope& scope, Trace& trace) {
  scenario_ = &scenario;
  scope_ = &scope;
  lives_.assign(scenario.names.size(), Live());
  shown_.clear();
  first_place_.clear();
  recorder_.begin(trace, scenario.names.size());
  step_ = 0;
}

Ending Runner::play(const Step& step) {
  return std::visit([this](const auto& s) { return run(s); }, step);
}

void Runner::end_step(const Step& step, const Ending& ending) {
  show(step);
  recorder_.end_step(ending.outcome, ending.error_class, ending.text);
  leaf_outputs_.clear();
  leaf_gradients_.clear();
  ++step_;
}

void Runner::run(const Scenario& scenario, const Scope& scope, Trace& trace) {
  begin(scenario, scope, trace);
  for (const Statement& statement : scenario.statements)
    end_step(statement.step, play(statement.step));
  lives_.clear();  // modules point into the scope, which is the caller's
}

Ending Runner::needs(NameId name) const {
  return {Outcome::unsupported, {}, "needs " + scenario_->names[name] + ", which was not made"};
}

Ending Runner::ended(const std::optional<Refusal>& refusal) {
  if (!refusal) return {};
  return {Outcome::error, std::string(reference::to_string(refusal->kind)), refusal->why};
}

template <class F>
Ending Runner::with(ModuleRef module, F f) {
  if (!is_tree(module.name)) return needs(module.name);
  f(lives_[module.name].places[module.place]);
  return {};
}

bool Runner::is_tree(NameId name) const {
  return lives_[name].kind == NameKind::module || lives_[name].kind == NameKind::script;
}

bool Runner::is_input(NameId name) const {
  return lives_[name].kind == NameKind::tensor || lives_[name].kind == NameKind::result;
}

Live& Runner::define(NameId name, NameKind kind) {
  Live& live = lives_[name];
  const bool is_shown =
      kind == NameKind::module || kind == NameKind::script || kind == NameKind::tensor;
  if (is_shown && live.kind == NameKind::undefined) shown_.push_back(name);
  live = Live();
  live.kind = kind;
  return live;
}

void Runner::define_tree(NameId name, NameKind kind, const ModulePtr& root) {
  list_places(root, define(name, kind).places);
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

Ending Runner::run(const Construct& step) {
  const auto is_live = [&](NameId name) { return is_tree(name); };
  if (const auto name = missing(step.module, is_live)) return needs(*name);
  std::size_t place = 0;
  define_tree(step.result, NameKind::module, build(step.module, step.result, place));
  return {};
}

Ending Runner::run(const MakeTensor& step) {
  Live& live = define(step.result, NameKind::tensor);
  live.tensor = Tensor(step.dtype, step.shape);
  live.requires_grad = step.requires_grad;
  make_data(step.data, step.seed, step.shape.numel(), step.dtype, live.tensor.data());
  return {};
}

Ending Runner::run(const Train& step) {
  return with(step.module, [&](const ModulePtr& module) { train(*module, step.mode); });
}

Ending Runner::run(const SetTraining& step) {
  return with(step.module, [&](const ModulePtr& module) { module->training = step.value; });
}

Ending Runner::run(const SetMomentum& step) {
  return with(step.module, [&](const ModulePtr& module) { module->momentum = step.value; });
}

Ending Runner::run(const SetEps& step) {
  return with(step.module, [&](const ModulePtr& module) { module->eps = step.value; });
}

Ending Runner::run(const SetTrackRunningStats& step) {
  return with(step.module,
              [&](const ModulePtr& module) { module->track_running_stats = step.value; });
}

Ending Runner::run(const Fill& step) {
  return with(step.module, [&](const ModulePtr& module) {
    Tensor& tensor = *(*module)[step.slot];
    make_data(step.data, step.seed, tensor.numel(), tensor.dtype(), tensor.data());
  });
}

Ending Runner::run(const ResetRunningStats& step) {
  std::optional<Refusal> refusal;
  const Ending ending =
      with(step.module, [&](const ModulePtr& module) { refusal = reset_running_stats(*module); });
  return refusal ? ended(refusal) : ending;
}

Ending Runner::run(const CastTo& step) {
  return with(step.module, [&](const ModulePtr& module) { cast(*module, step.dtype); });
}

Ending Runner::run(const ZeroGrad& step) {
  return with(step.module, [&](const ModulePtr& module) { zero_grad(*module); });
}

Ending Runner::run(const RequiresGrad& step) {
  return with(step.module, [&](const ModulePtr& module) {
    std::vector<ModulePtr> places;
    list_places(module, places);
    for (const ModulePtr& place : places)
      for (const auto& parameter : place->parameters) parameter->requires_grad = step.requires_grad;
  });
}

Ending Runner::run(const DeepCopy& step) {
  return with(step.module, [&](const ModulePtr& module) {
    define_tree(step.result, NameKind::module, deepcopy(module, fault_));
  });
}

Ending Runner::run(const LoadStateDict& step) {
  if (!is_tree(step.target.name)) return needs(step.target.name);
  std::optional<Refusal> refusal;
  const Ending ending = with(step.source, [&](const ModulePtr& source) {
    refusal = load_state_dict(*lives_[step.target.name].places[step.target.place], *source);
  });
  return refusal ? ended(refusal) : ending;
}

Ending Runner::run(const JitScript& step) {
  return with(step.module, [&](const ModulePtr& module) {
    define_tree(step.result, NameKind::script, script(module, fault_));
  });
}

Ending Runner::run(const JitSaveLoad& step) {
  return with({step.script, 0}, [&](const ModulePtr& script) {
    define_tree(step.result, NameKind::script, deepcopy(script, Fault::none));
  });
}

}  // namespace normdiff::textbook
