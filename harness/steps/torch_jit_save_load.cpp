#include "harness/generate/draft.hpp"
#include "harness/model/execute.hpp"
#include "harness/model/trees.hpp"

namespace normdiff {

Execution execute(Context& c, const JitSaveLoad& step) {
  return define_tree(c, step.result, NameKind::script,
                     reference::save_load(*c.world.names[step.script].root));
}

void draw(Draft& draft, KindOf<JitSaveLoad>) {
  DraftedTree made = draft.trees[draft.any_tree(NameKind::script)];
  const JitSaveLoad step{draft.name(NameStem::script), made.name};
  made.name = step.result;
  made.group = draft.add_group(draft.group(made).dtype);
  draft.push(step);
  draft.trees.push_back(std::move(made));
}

}  // namespace normdiff
