#include "harness/generate/draft.hpp"
#include "harness/model/execute.hpp"

namespace normdiff {

using reference::Module;

Execution execute(Context& c, const Train& step) {
  Module& module = c.world.module(step.module);
  reference::train(module, step.mode);
  return {{}, origin_of(module), {}, nullptr};
}

void draw(Draft& draft, KindOf<Train>) {
  const bool script = draft.count(NameKind::script) > 0 && draft.random.chance(0.3);
  const DraftedPath path =
      script ? DraftedPath{draft.any_tree(NameKind::script), 0} : draft.any_eager(0.5);
  draft.push(Train{draft.ref(path), draft.random.chance(0.5)});
}

}  // namespace normdiff
