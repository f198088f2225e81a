#include "harness/generate/draft.hpp"
#include "harness/model/execute.hpp"

namespace normdiff {

using reference::Module;

// "Change if autograd should record operations on parameters in this module", the ones below
// included (https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html). Gradients that
// are there stay (our choice: the documentation is silent).
Execution execute(Context& c, const RequiresGrad& step) {
  Module& module = c.world.module(step.module);
  for (const Module* below : reference::places(module))
    for (const TensorSlot slot : reference::parameter_slots)
      if (const reference::Tensor* parameter = below->find(slot))
        c.world.each_place_of(parameter->storage(), [&step](Module& place, TensorSlot held) {
          place.requires_grad[reference::index_of(held)] = step.requires_grad;
        });
  return {{}, origin_of(module), {}, nullptr};
}

void draw(Draft& draft, KindOf<RequiresGrad>) {
  const DraftedPath path = draft.any_eager(0.5);
  const bool required = draft.random.chance(0.4);
  draft.push(RequiresGrad{draft.ref(path), required});
  // Without a batch norm's parameters there still are those of other layers.
  if (required || path.module == 0) draft.group(path).requires_grad = required;
}

}  // namespace normdiff
