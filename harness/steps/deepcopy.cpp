#include "harness/generate/draft.hpp"
#include "harness/model/execute.hpp"
#include "harness/model/trees.hpp"

namespace normdiff {

Execution execute(Context& c, const DeepCopy& step) {
  return define_tree(c, step.result, NameKind::module,
                     reference::deepcopy(c.world.module(step.module)));
}

void draw(Draft& draft, KindOf<DeepCopy>) {
  const DraftedPath path = draft.any_eager(0.85);
  DraftedTree copy = draft.tree(path);
  if (path.module != 0) {
    DraftedModule module = draft.module(path);
    module.place = 0;
    copy.takes = module.takes;
    copy.parameters = module.weight;
    copy.modules.assign(1, module);
    copy.structure = draft.new_structure();
    copy.layers.clear();  // a batch norm keeps the shape
  }
  copy.group = draft.add_group(draft.group(path).dtype);
  copy.name = draft.name(NameStem::copy);
  draft.push(DeepCopy{copy.name, draft.ref(path)});
  draft.trees.push_back(std::move(copy));
}

}  // namespace normdiff
