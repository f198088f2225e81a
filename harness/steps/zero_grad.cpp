#include "harness/generate/draft.hpp"
#include "harness/model/execute.hpp"

namespace normdiff {

using reference::Module;

Execution execute(Context& c, const ZeroGrad& step) {
  Module& module = c.world.module(step.module);
  for (Module* m : reference::places(module))
    for (const TensorSlot slot : reference::parameter_slots)
      if (const reference::Tensor* tensor = m->find(slot))
        c.world.set_grad(tensor->storage(), std::nullopt);
  return {{}, origin_of(module), {}, nullptr};
}

void draw(Draft& draft, KindOf<ZeroGrad>) {
  draft.push(ZeroGrad{draft.ref(draft.any_eager(0.8))});
}

}  // namespace normdiff
