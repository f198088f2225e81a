#include "harness/triage/predictions/forward_order.hpp"

#include <algorithm>

namespace normdiff {

using reference::ErrorKind;
using reference::Held;
using reference::Module;

void move_counter_of_refuser(Context& c) {
  const reference::ForwardPass& pass = c.work.forward;
  auto* refuser = const_cast<Module*>(pass.refused_by());
  if (!refuser || !reference::is_batch_norm(refuser->kind)) return;
  const auto& refusals = pass.refusals();
  if (std::any_of(refusals.begin(), refusals.end(),
                  [](const auto& r) { return r.kind == ErrorKind::wrong_rank; }))
    return;
  auto& counter = refuser->tensor(Held::num_batches_tracked);
  const bool training = refuser->traced_training.value_or(refuser->training);
  if (!counter || !training || !refuser->batch_norm().track_running_stats) return;
  if (counter->dtype() == DType::int64)
    ++*static_cast<std::int64_t*>(counter->data());
  else
    counter->set(0, counter->at(0) + 1);
}

Execution run_forward(Context& c, Module& root, NameId input_name, bool continues) {
  const Live& input = c.world.names[input_name];
  reference::ForwardOptions options;
  options.grad = true;
  options.input_requires_grad = input.requires_grad;
  options.past_soft_refusals = c.subject_accepted;
  options.continues = continues;
  options.arithmetic = &reference::libtorch_cpu();
  c.work.forward.run(root, {input.values, input.values.dtype, input.layout}, options, {}, nullptr);
  move_counter_of_refuser(c);
  return {c.work.forward.refusals(), {root.kind, "", {}}, c.work.forward.updates(), nullptr};
}

void split_places(Live& tree, bool tensors) {
  const std::function<void(Module&)> split = [&](Module& parent) {
    for (auto& [name, child] : parent.children) {
      child = std::make_shared<Module>(*child);
      if (tensors)
        for (auto& tensor : child->tensors)
          if (tensor) tensor = tensor->clone();
      split(*child);
    }
  };
  if (!tree.root) return;
  split(*tree.root);
  tree.places = reference::places(*tree.root);
}

}  // namespace normdiff
