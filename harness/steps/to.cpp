#include "harness/generate/draft.hpp"
#include "harness/model/execute.hpp"

namespace normdiff {

using reference::Module;
using reference::Tensor;

Execution execute(Context& c, const CastTo& step) {
  Module& module = c.world.module(step.module);
  make_stale(c.world, module);
  const std::vector<Module*> places = reference::places(module);
  std::vector<reference::SlotTensors> before;
  for (const Module* place : places) before.push_back(place->tensors);
  reference::to(module, step.dtype);
  // "Modifies the module in-place": a parameter stays the parameter it is, whoever shares it, and
  // its gradient with it. A buffer is replaced (our choice, as in PyTorch).
  for (std::size_t p = 0; p < places.size(); ++p)
    for (const TensorSlot slot : reference::parameter_slots)
      if (const auto& tensor = before[p][slot])
        c.world.replace_parameter(tensor->storage(), *places[p]->tensor(slot),
                                  places[p]->grad(slot));
  return {{}, origin_of(module), {}, nullptr};
}

void draw(Draft& draft, KindOf<CastTo>) {
  const DraftedTree& tree = draft.trees[draft.any_tree(NameKind::module)];
  TensorGroup& group = draft.group(tree);
  group.dtype = group.dtype == DType::float32 ? DType::float64 : DType::float32;
  ++group.version;
  // The root: parts of different dtypes can't run after one another. What it shares is all it has
  // where it shares anything.
  draft.push(CastTo{{tree.name, 0}, group.dtype});
}

}  // namespace normdiff
