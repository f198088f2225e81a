#include <cstring>

#include "harness/check/execute.hpp"

namespace normdiff {

using reference::Module;
using reference::Tensor;

namespace {

/// Saved by an eager forward and checked for in-place changes: our choice is to say nothing of a
/// backward through such a graph (PyTorch notices some of them).
bool shares_tensor(const Module& a, const Module& b) {
  for (const auto& x : a.tensors)
    for (const auto& y : b.tensors)
      if (x && y && x->storage() == y->storage()) return true;
  return false;
}

Origin origin_of(const Module& module) {
  return {module.kind, "", std::nullopt};
}

}  // namespace

void make_stale(World& world, Module& root) {
  for (NameId name : world.order) {
    Live& live = world.names[name];
    if (!live.tape || live.tape->stale) continue;
    for (const Module* changed : reference::places(root))
      for (const reference::TapeEntry& call : live.tape->calls)
        if (call.module == changed || shares_tensor(*call.module, *changed))
          live.tape->stale = true;
  }
}

Execution execute(Context& c, const Train& step) {
  Module& module = c.world.module(step.module);
  reference::train(module, step.mode);
  return {{}, origin_of(module), {}, nullptr};
}

Execution execute(Context& c, const SetTraining& step) {
  Module& module = c.world.module(step.module);
  module.training = step.value;
  return {{}, origin_of(module), {}, nullptr};
}

Execution execute(Context& c, const SetMomentum& step) {
  Module& module = c.world.module(step.module);
  module.batch_norm().momentum = step.value;
  return {{}, origin_of(module), {}, nullptr};
}

Execution execute(Context& c, const SetEps& step) {
  Module& module = c.world.module(step.module);
  module.batch_norm().eps = step.value;
  return {{}, origin_of(module), {}, nullptr};
}

Execution execute(Context& c, const SetTrackRunningStats& step) {
  Module& module = c.world.module(step.module);
  module.batch_norm().track_running_stats = step.value;
  return {{}, origin_of(module), {}, nullptr};
}

Execution execute(Context& c, const Fill& step) {
  Module& module = c.world.module(step.module);
  Tensor& tensor = **tensor_of(module, slot_of(step.slot));
  if (tensor.dtype() == DType::int64) {
    make_data(step.data, step.seed, tensor.numel(), DType::int64, tensor.data());
  } else {
    std::vector<double> values(static_cast<std::size_t>(tensor.numel()));
    make_data(step.data, step.seed, tensor.numel(), DType::float64, values.data());
    for (std::size_t i = 0; i < values.size(); ++i)
      tensor.set(static_cast<std::int64_t>(i), values[i]);
  }
  make_stale(c.world, module);
  return {{}, origin_of(module), {}, nullptr};
}

Execution execute(Context& c, const ResetRunningStats& step) {
  Module& module = c.world.module(step.module);
  Execution execution{{}, origin_of(module), {}, nullptr};
  if (auto refusal = reference::reset_running_stats(module)) execution.refusals.push_back(*refusal);
  make_stale(c.world, module);
  return execution;
}

Execution execute(Context& c, const CastTo& step) {
  Module& module = c.world.module(step.module);
  make_stale(c.world, module);
  reference::to(module, step.dtype);
  return {{}, origin_of(module), {}, nullptr};
}

Execution execute(Context& c, const ZeroGrad& step) {
  Module& module = c.world.module(step.module);
  for (Module* m : reference::places(module))
    for (std::size_t i = 0; i < 2; ++i)
      if (m->tensors[i]) c.world.set_grad(m->tensors[i]->storage(), std::nullopt);
  return {{}, origin_of(module), {}, nullptr};
}

Execution execute(Context& c, const LoadStateDict& step) {
  Module& target = c.world.module(step.target);
  Execution execution{{}, origin_of(target), {}, nullptr};
  auto state = reference::state_dict(c.world.module(step.source));
  for (auto& [key, tensor] : state) tensor = tensor.clone();  // loading a module into itself
  if (auto refusal = reference::load_state_dict(target, state)) {
    execution.refusals.push_back(*refusal);
    // Several things can be wrong at once; which is named is the implementation's choice.
    execution.refusals.push_back({reference::ErrorKind::state_shape, ""});
  }
  make_stale(c.world, target);
  return execution;
}

}  // namespace normdiff
