#include "harness/scenario/scope.hpp"

#include <utility>

#include "harness/scenario/check.hpp"
#include "harness/scenario/modules.hpp"
#include "harness/scenario/work.hpp"

namespace normdiff {
namespace {

struct Definition {
  NameId name = 0;
  NameInfo info;
};

NameInfo tree_info(NameKind kind, ModuleSpecPtr spec) {
  NameInfo info;
  info.kind = kind;
  info.places = reference::places(*spec);
  for (const reference::Place& place : info.places)
    info.elements += elements_of(place.module->layer);
  info.spec = std::move(spec);
  return info;
}

/// Only a name used as a child has its spec in two names: a copy's tree is its own.
NameInfo copied_tree(const Scope& scope, NameKind kind, ModuleRef module) {
  return tree_info(kind, copy_tree(*scope.place(module).module));
}

/// The name that a step defines and all that is known about it; nullopt: it defines none.
template <class S>
std::optional<Definition> definition_by(const Scope& scope, const S& step) {
  constexpr Effect effect = S::effect;
  if constexpr (effect.copies_tree) {
    const ModuleRef module = module_of(step)->it;
    Definition copy{step.result, copied_tree(scope, effect.makes, module)};
    copy.info.traced = effect.traces || scope[module.name].traced;
    return copy;
  } else if constexpr (effect.makes != NameKind::undefined) {
    return Definition{step.result, made(scope, step)};
  }
  return std::nullopt;
}

}  // namespace

NameInfo made(const Scope& scope, const Construct& step) {
  return tree_info(NameKind::module, build(step.module, scope));
}

NameInfo made(const Scope&, const MakeTensor& step) {
  NameInfo info;
  info.kind = NameKind::tensor;
  info.shape = step.shape;
  info.elements = step.shape.numel();
  return info;
}

NameInfo made(const Scope& scope, const Forward& step) {
  NameInfo info;
  info.kind = NameKind::result;
  if (const auto& input = scope[step.input].shape)
    info.shape = output_shape(*scope.place(step.module).module, *input);
  info.differentiable = step.grad && scope[step.module.name].kind != NameKind::artefact;
  return info;
}

std::optional<std::string> Scope::problem(const Scenario& scenario, const Step& step) const {
  if (auto problem = check(scenario, *this, step)) return std::move(problem->sentence);
  return std::nullopt;
}

void Scope::apply(const Scenario& scenario, const Step& step) {
  grow(scenario.names.size());
  total_work_ += work_of(scenario, *this, step);
  auto made = std::visit([this](const auto& s) { return definition_by(*this, s); }, step);
  if (made) {
    made->info.step = steps_;
    total_places_ += static_cast<int>(made->info.places.size());
    total_elements_ += made->info.elements;
    names_[made->name] = std::move(made->info);
  }
  total_work_ += looking(*this);
  ++steps_;
}

Scope resolve(const Scenario& scenario) {
  Scope scope(scenario.names.size());
  for (const Statement& statement : scenario.statements) scope.apply(scenario, statement.step);
  return scope;
}

void repair(Scenario& scenario) {
  Scope scope(scenario.names.size());
  std::size_t kept = 0;
  for (std::size_t i = 0; i < scenario.statements.size(); ++i) {
    if (scope.problem(scenario, scenario.statements[i].step)) continue;
    scope.apply(scenario, scenario.statements[i].step);
    if (kept != i) scenario.statements[kept] = std::move(scenario.statements[i]);
    ++kept;
  }
  scenario.statements.resize(kept, Statement{{}, ZeroGrad{}});
}

}  // namespace normdiff
