#include "harness/generate/draft.hpp"
#include "harness/generate/networks.hpp"
#include "harness/model/execute.hpp"
#include "harness/model/trees.hpp"

namespace normdiff {

using reference::Module;
using reference::ModulePtr;

namespace {

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
    visit_tensors(place.module->layer, [&](const reference::FreshTensor& fresh) {
      if (fresh.fill == reference::Fill::drawn)
        initial_values(c.scenario, c.step, static_cast<int>(p), *place.module, fresh.slot,
                       static_cast<float*>(places[p]->tensor(fresh.slot)->data()));
    });
  }
  return define_tree(c, step.result, NameKind::module, std::move(root));
}

void draw(Draft& draft, KindOf<Construct>) {
  if (!draft.is(Profile::bench) && draft.random.chance(0.08))
    draw_shared_network(draft);
  else
    draw_network(draft);
  const DraftedTree& tree = draft.trees.back();
  const double share = draft.is(Profile::modes) ? 0.85 : draft.exports() ? 0.0 : 0.35;
  if (draft.random.chance(share)) {
    draft.push(CastTo{{tree.name, 0}, DType::float64});
    draft.group(tree).dtype = DType::float64;
  }
}

}  // namespace normdiff
