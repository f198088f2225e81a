#include "harness/generate/draft.hpp"
#include "harness/model/execute.hpp"

namespace normdiff {

using reference::Module;
using reference::Tensor;

Execution execute(Context& c, const Fill& step) {
  Module& module = c.world.module(step.module);
  Tensor& tensor = **tensor_of(module, slot_of(step.slot));
  make_data(step.data, step.seed, tensor.numel(), tensor.dtype(), tensor.data());
  mark_modified(c.world, tensor);
  return {{}, origin_of(module), {}, nullptr};
}

namespace {

/// Values such as the slot may come to hold.
Data values_for(Draft& draft, TensorSlot slot) {
  static constexpr std::array<double, 4> counts = {0, 1, 7, 1000};
  const bool other = draft.random.chance(0.3);
  switch (slot) {
    case TensorSlot::weight:
      if (other) return Rule{RuleKind::alternating, -1.5, 0};
      return Rule{RuleKind::uniform, -2, 2};
    case TensorSlot::bias:
      return Rule{RuleKind::normal, 0, 1};
    case TensorSlot::running_mean:
      if (other && draft.is(Profile::numerics)) return Rule{RuleKind::offset, 100, 1};
      return Rule{RuleKind::normal, 0, 2};
    case TensorSlot::running_var:
      if (other) return Rule{RuleKind::log_uniform, 0.001, 10};
      return Rule{RuleKind::uniform, 0.1, 3};
    case TensorSlot::num_batches_tracked:
      return Rule{RuleKind::constant, draft.one_of(counts), 0};
  }
  return Rule{};
}

}  // namespace

void draw(Draft& draft, KindOf<Fill>) {
  const std::size_t number = draft.any_tree(NameKind::module);
  const DraftedTree& tree = draft.trees[number];
  std::vector<std::pair<std::size_t, TensorSlot>> choices;
  const auto offer = [&](std::size_t module, bool has, TensorSlot slot) {
    if (has) choices.emplace_back(module, slot);
  };
  for (std::size_t i = 0; i < tree.modules.size(); ++i) {
    offer(i, tree.modules[i].weight, TensorSlot::weight);
    offer(i, tree.modules[i].bias, TensorSlot::bias);
    offer(i, tree.modules[i].running, TensorSlot::running_mean);
    offer(i, tree.modules[i].running, TensorSlot::running_var);
    offer(i, tree.modules[i].running, TensorSlot::num_batches_tracked);
  }
  if (choices.empty()) return;
  const auto [module, slot] = draft.one_of(choices);
  Fill step{draft.ref({number, module}), slot, values_for(draft, slot), 0};
  step.seed = draft.seed_of(step.data);
  draft.push(std::move(step));
  ++draft.group(tree).version;
}

}  // namespace normdiff
