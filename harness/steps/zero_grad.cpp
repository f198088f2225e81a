#include "harness/model/execute.hpp"

namespace normdiff {

using reference::Module;

Execution execute(Context& c, const ZeroGrad& step) {
  Module& module = c.world.module(step.module);
  for (Module* m : reference::places(module))
    for (std::size_t i = 0; i < reference::parameter_slot_count; ++i)
      if (m->tensors[i]) c.world.set_grad(m->tensors[i]->storage(), std::nullopt);
  return {{}, origin_of(module), {}, nullptr};
}

}  // namespace normdiff
