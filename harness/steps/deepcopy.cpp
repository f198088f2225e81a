#include "harness/model/execute.hpp"
#include "harness/model/trees.hpp"

namespace normdiff {

Execution execute(Context& c, const DeepCopy& step) {
  return define_tree(c, step.result, NameKind::module,
                     reference::deepcopy(c.world.module(step.module)));
}

}  // namespace normdiff
