#include "harness/model/execute.hpp"
#include "harness/model/trees.hpp"

namespace normdiff {

Execution execute(Context& c, const JitSaveLoad& step) {
  return define_tree(c, step.result, NameKind::script,
                     reference::save_load(*c.world.names[step.script].root));
}

}  // namespace normdiff
