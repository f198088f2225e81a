#include "harness/scenario/scope.hpp"

#include <utility>

#include "harness/scenario/check.hpp"
#include "harness/scenario/modules.hpp"
#include "harness/scenario/work.hpp"

namespace normdiff {
namespace {

/// What a step defines: the name and all that is known about it. By default nothing.
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

class Definer {
 public:
  explicit Definer(const Scope& scope) : scope_(scope) {}

  template <class S>
  std::optional<Definition> operator()(const S&) const {
    return std::nullopt;
  }
  std::optional<Definition> operator()(const Construct& step) const {
    return Definition{step.result, tree_info(NameKind::module, build(step.module, scope_))};
  }
  std::optional<Definition> operator()(const MakeTensor& step) const {
    NameInfo info;
    info.kind = NameKind::tensor;
    info.elements = step.shape.numel();
    return Definition{step.result, std::move(info)};
  }
  std::optional<Definition> operator()(const Forward& step) const {
    NameInfo info;
    info.kind = NameKind::result;
    info.differentiable = step.grad && scope_[step.module.name].kind != NameKind::artefact;
    return Definition{step.result, std::move(info)};
  }
  std::optional<Definition> operator()(const DeepCopy& step) const {
    return Definition{step.result, copied_tree(scope_, NameKind::module, step.module)};
  }
  std::optional<Definition> operator()(const JitTrace& step) const {
    Definition made{step.result, copied_tree(scope_, NameKind::script, step.module)};
    made.info.traced = true;
    return made;
  }
  std::optional<Definition> operator()(const JitScript& step) const {
    return Definition{step.result, copied_tree(scope_, NameKind::script, step.module)};
  }
  std::optional<Definition> operator()(const JitSaveLoad& step) const {
    Definition made{step.result, copied_tree(scope_, NameKind::script, {step.script, 0})};
    made.info.traced = scope_[step.script].traced;
    return made;
  }
  std::optional<Definition> operator()(const OnnxExport& step) const {
    return Definition{step.result, copied_tree(scope_, NameKind::artefact, step.module)};
  }

 private:
  const Scope& scope_;
};

}  // namespace

std::optional<std::string> Scope::problem(const Scenario& scenario, const Step& step) const {
  if (auto problem = check(scenario, *this, step)) return std::move(problem->sentence);
  return std::nullopt;
}

void Scope::apply(const Scenario& scenario, const Step& step) {
  grow(scenario.names.size());
  total_work_ += work_of(scenario, *this, step);
  if (auto made = std::visit(Definer(*this), step)) {
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
