#include "harness/generate/draft.hpp"
#include "harness/language/draw.hpp"
#include "harness/model/execute.hpp"

namespace normdiff {

using reference::Module;

Execution execute(Context& c, const ZeroGrad& step) {
  Module& module = c.world.module(step.module);
  for (Module* m : reference::places(module))
    for (std::size_t i = 0; i < 2; ++i)
      if (m->tensors[i]) c.world.set_grad(m->tensors[i]->storage(), std::nullopt);
  return {{}, origin_of(module), {}, nullptr};
}

void draw(Draft& draft, KindOf<ZeroGrad>) {
  draft.push(ZeroGrad{draft.ref(draft.any_eager(0.8))});
}

}  // namespace normdiff
