#include "harness/scenario/scope.hpp"

#include <algorithm>
#include <map>
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

/// Puts a module in the place of a child, in every tree that is given: specs are shared and never
/// change, so that the parent and all above it are made anew, each once.
class Replacer {
 public:
  Replacer(const ModuleSpec* parent, std::size_t child, ModuleSpecPtr replacement)
      : parent_(parent), child_(child), replacement_(std::move(replacement)) {}

  ModuleSpecPtr in(const ModuleSpecPtr& tree) {
    if (const auto known = made_.find(tree.get()); known != made_.end()) return known->second;
    std::shared_ptr<ModuleSpec> made;
    for (std::size_t i = 0; i < tree->children.size(); ++i) {
      const ModuleSpecPtr& before = tree->children[i].module;
      const ModuleSpecPtr now = tree.get() == parent_ && i == child_ ? replacement_ : in(before);
      if (now == before) continue;
      if (!made) made = std::make_shared<ModuleSpec>(*tree);
      made->children[i].module = now;
    }
    return made_[tree.get()] = made ? std::move(made) : tree;
  }

 private:
  const ModuleSpec* parent_;
  std::size_t child_;
  ModuleSpecPtr replacement_;
  std::map<const ModuleSpec*, ModuleSpecPtr> made_;
};

}  // namespace

void change(Scope& scope, const Replace& step) {
  scope.replace(step.module, step.replacement);
}

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
  std::visit(
      [this](const auto& s) {
        if constexpr (requires { change(*this, s); }) change(*this, s);
      },
      step);
  total_work_ += looking(*this);
  ++steps_;
}

const Scope::ChangedTree* Scope::changed(NameId name) const {
  const auto found = std::find_if(changed_.begin(), changed_.end(),
                                  [name](const ChangedTree& tree) { return tree.name == name; });
  return found == changed_.end() ? nullptr : &*found;
}

const ModuleSpecPtr& Scope::spec(NameId name) const {
  const ChangedTree* tree = changed(name);
  return tree ? tree->spec : names_[name].spec;
}

void Scope::replace(ModuleRef module, ModuleRef replacement) {
  const auto at = static_cast<std::uint16_t>(place(module).parent);
  const reference::Place& by = place(replacement);
  ModuleSpecPtr spec = this->spec(replacement.name);
  if (by.parent >= 0) {
    const auto above = static_cast<std::uint16_t>(by.parent);
    spec = place({replacement.name, above})
               .module->children[child_number(places_now(replacement.name), replacement.place)]
               .module;
  }
  Replacer replacer(place({module.name, at}).module,
                    child_number(places_now(module.name), module.place), std::move(spec));
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const auto name = static_cast<NameId>(i);
    if (names_[name].kind != NameKind::module) continue;
    ModuleSpecPtr now = replacer.in(this->spec(name));
    if (now == this->spec(name)) continue;
    NameInfo info = tree_info(NameKind::module, std::move(now));
    names_[name].elements = info.elements;
    std::erase_if(changed_, [name](const ChangedTree& tree) { return tree.name == name; });
    changed_.push_back({name, std::move(info.spec), std::move(info.places)});
  }
}

std::size_t child_number(const std::vector<reference::Place>& places, std::size_t place) {
  std::size_t number = 0;
  for (auto at = static_cast<std::size_t>(places[place].parent) + 1; at != place;
       at = static_cast<std::size_t>(places[at].end))
    ++number;
  return number;
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
