#include "harness/model/execute.hpp"

namespace normdiff {

using reference::Module;

Execution execute(Context& c, const Train& step) {
  Module& module = c.world.module(step.module);
  reference::train(module, step.mode);
  return {{}, origin_of(module), {}, nullptr};
}

}  // namespace normdiff
