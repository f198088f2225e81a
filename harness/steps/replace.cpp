#include "harness/generate/draft.hpp"
#include "harness/generate/networks.hpp"
#include "harness/model/execute.hpp"
#include "harness/model/trees.hpp"

namespace normdiff {

using reference::ModulePtr;

// "Submodules assigned in this way will be registered"
// (https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html): the parent then has this
// module, with the state that it has, and its mode (our choice: the documentation is silent). What
// an earlier forward recorded goes back through the module that it ran.
Execution execute(Context& c, const Replace& step) {
  const ModulePtr replacement = c.world.pointer(step.replacement, c.scope);
  ModulePtr& place = c.world.pointer(step.module, c.scope);
  c.world.replaced.push_back(place);
  place = replacement;
  for (const NameId name : c.world.order)
    if (Live& live = c.world.names[name]; live.root) live.places = reference::places(*live.root);
  for (const NameId name : c.world.order)
    if (c.world.names[name].kind == NameKind::module) expect_identities(c, name);
  return {{}, origin_of(*replacement), {}, nullptr};
}

/// Replaces a norm by one that is made for it, which from then on has two names.
void draw(Draft& draft, KindOf<Replace>) {
  const std::vector<std::size_t> trees = indices_where(draft.trees, [](const DraftedTree& tree) {
    return tree.kind == NameKind::module && tree.modules.size() > 1;
  });
  if (trees.empty()) return;
  const std::size_t tree = draft.one_of(trees);
  const std::vector<DraftedModule>& modules = draft.trees[tree].modules;
  const DraftedPath path{tree, draft.one_of(indices_where(modules, [](const DraftedModule& module) {
                           return module.norm;
                         }))};
  draft.push(Replace{draft.ref(path), {draw_norm_for(draft, path), 0}});
}

}  // namespace normdiff
