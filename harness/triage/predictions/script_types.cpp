#include "harness/triage/predictions/script_types.hpp"

#include <algorithm>

namespace normdiff {

using reference::Module;

namespace {

// The constants of a type, as torch.nn's modules list them: all arguments but the bias, which is
// there or is not.
template <class X>
bool same_constants(const X& a, const X& b) {
  return std::apply(
      [&](const auto&... argument) {
        return ((argument.name == "bias" || a.*argument.member == b.*argument.member) && ...);
      },
      X::arguments);
}

/// torch.jit.script takes both for one type.
bool same_type(const Module& a, const Module& b) {
  if (a.layer.index() != b.layer.index() || a.children.size() != b.children.size()) return false;
  for (const TensorSlot slot : all_of<TensorSlot>)
    if (a.tensors[slot].has_value() != b.tensors[slot].has_value()) return false;
  const bool constants = std::visit(
      [&b](const auto& of_a) {
        return same_constants(of_a, std::get<std::remove_cvref_t<decltype(of_a)>>(b.layer));
      },
      a.layer);
  return constants && std::all_of(a.children.begin(), a.children.end(), [&b](const auto& of_a) {
           return std::any_of(b.children.begin(), b.children.end(), [&of_a](const auto& of_b) {
             return of_a.first == of_b.first && same_type(*of_a.second, *of_b.second);
           });
         });
}

/// Every Sequential below, in the order their types are made: children before their parent.
void list_containers(Module& module, std::vector<Module*>& out) {
  for (auto& [name, child] : module.children) list_containers(*child, out);
  if (!module.children.empty()) out.push_back(&module);
}

/// The torch.jit.script that a script module comes from, through any number of files.
const JitScript* scripted_by(const PredictionContext& c, NameId name) {
  while (c.scope[name].step >= 0) {
    const Step& made = c.scenario.statements[static_cast<std::size_t>(c.scope[name].step)].step;
    if (const auto* script = std::get_if<JitScript>(&made)) return script;
    const auto* loaded = std::get_if<JitSaveLoad>(&made);
    if (!loaded) return nullptr;
    name = loaded->script;
  }
  return nullptr;
}

/// Two callees run the same plan: one function of one module, or of modules that
/// torch.jit.script took for one type.
bool same_plan(PredictionContext& c, ModuleRef a, ModuleRef b) {
  if (a == b) return true;
  const auto scripted = [&c](NameId name) {
    const int made_by = c.scope[name].step;
    return made_by >= 0 && std::holds_alternative<JitScript>(
                               c.scenario.statements[static_cast<std::size_t>(made_by)].step);
  };
  return scripted(a.name) && scripted(b.name) && same_type(c.world.module(a), c.world.module(b));
}

/// The first call of the plan that `step` runs.
const Forward* first_call(PredictionContext& c, const Forward& step) {
  for (const Statement& statement : c.scenario.statements) {
    const auto* call = std::get_if<Forward>(&statement.step);
    if (call == &step) break;
    if (call && c.world.names[call->module.name].kind == NameKind::script &&
        same_plan(c, call->module, step.module))
      return call;
  }
  return nullptr;
}

}  // namespace

// A script module is compiled for its first call. Where that needed gradients, two operations or
// more make one differentiable graph, which is used again under no_grad; a Flatten is never in it.
std::optional<Execution> script_ignores_no_grad(PredictionContext& c, const Step& step) {
  const auto* f = std::get_if<Forward>(&step);
  if (!f || f->grad || c.world.names[f->module.name].kind != NameKind::script) return std::nullopt;
  const Forward* first = first_call(c, *f);
  if (!first || !first->grad) return std::nullopt;
  const auto& graph = c.world.names[first->result].tape;
  if (graph && !graph->requires_grad) return std::nullopt;
  const std::vector<Module*> places = reference::places(c.world.module(f->module));
  const auto operations = std::count_if(places.begin(), places.end(), [](const Module* m) {
    return !is_container(m->layer) && !traits_of(m->layer).is_view;
  });
  if (operations < 2) return std::nullopt;
  Forward with_grad = *f;
  with_grad.grad = true;
  return c.execute(with_grad);
}

std::optional<Execution> script_runs_in_the_order_of_its_type(PredictionContext& c,
                                                              const Step& step) {
  const auto* f = std::get_if<Forward>(&step);
  if (!f || c.world.names[f->module.name].kind != NameKind::script) return std::nullopt;
  const JitScript* own = scripted_by(c, f->module.name);
  if (!own) return std::nullopt;

  std::vector<Module*> compiled;
  for (const Statement& statement : c.scenario.statements) {
    const auto* script = std::get_if<JitScript>(&statement.step);
    if (!script || !c.world.is_live(script->result)) continue;
    list_containers(*c.world.names[script->result].root, compiled);
    if (script == own) break;
  }

  using Children = decltype(Module::children);
  std::vector<std::pair<Module*, Children>> reordered;
  std::vector<Module*> own_containers;
  list_containers(c.world.module(f->module), own_containers);
  for (Module* container : own_containers) {
    const auto first = std::find_if(compiled.begin(), compiled.end(), [container](const Module* m) {
      return same_type(*m, *container);
    });
    if (first == compiled.end()) continue;
    Children children;
    for (const auto& [name, child] : (*first)->children)
      children.push_back(
          *std::find_if(container->children.begin(), container->children.end(),
                        [&name = name](const auto& of) { return of.first == name; }));
    if (children != container->children) reordered.emplace_back(container, std::move(children));
  }
  if (reordered.empty()) return std::nullopt;
  for (auto& [container, children] : reordered) container->children = std::move(children);
  Execution execution = c.execute(step);
  if (!execution.refusals.empty()) c.move_counter_of_refuser();
  return execution;
}

}  // namespace normdiff
