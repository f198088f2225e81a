#include "harness/model/execute.hpp"
#include "harness/model/trees.hpp"

namespace normdiff {

Execution execute(Context& c, const JitScript& step) {
  return define_tree(c, step.result, NameKind::script,
                     reference::script(c.world.module(step.module)));
}

}  // namespace normdiff
