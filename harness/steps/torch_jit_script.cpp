#include "harness/generate/draft.hpp"
#include "harness/model/execute.hpp"
#include "harness/model/trees.hpp"

namespace normdiff {

Execution execute(Context& c, const JitScript& step) {
  return define_tree(c, step.result, NameKind::script,
                     reference::script(c.world.module(step.module)));
}

void draw(Draft& draft, KindOf<JitScript>) {
  const DraftedPath path = draft.any_eager(0.95);
  const JitScript step{draft.name(NameStem::script), draft.ref(path)};
  draft.push(step);
  draft.add_derived_tree(path, NameKind::script, step.result);
}

}  // namespace normdiff
