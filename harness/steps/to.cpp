#include "harness/model/execute.hpp"

namespace normdiff {

using reference::Module;
using reference::Tensor;

Execution execute(Context& c, const CastTo& step) {
  Module& module = c.world.module(step.module);
  make_stale(c.world, module);
  const std::vector<Module*> places = reference::places(module);
  std::vector<reference::SlotGradients> before;
  for (const Module* place : places) before.push_back({place->tensors[0], place->tensors[1]});
  reference::to(module, step.dtype);
  // "Modifies the module in-place": a parameter stays the parameter it is, whoever shares it, and
  // its gradient with it. A buffer is replaced (our choice, as in PyTorch).
  for (std::size_t p = 0; p < places.size(); ++p)
    for (std::size_t i = 0; i < reference::parameter_slot_count; ++i)
      if (before[p][i])
        c.world.replace_parameter(before[p][i]->storage(), *places[p]->tensors[i],
                                  places[p]->grads[i]);
  return {{}, origin_of(module), {}, nullptr};
}

}  // namespace normdiff
