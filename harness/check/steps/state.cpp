#include <cstring>

#include "harness/check/execute.hpp"

namespace normdiff {

using reference::Held;
using reference::Module;
using reference::Tensor;

namespace {

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

void mark_modified(World& world, const Tensor& tensor) {
  for (NameId name : world.order) {
    if (!world.names[name].tape) continue;
    for (reference::TapeEntry& call : world.names[name].tape->calls)
      for (std::size_t held = 0; held < reference::held_count; ++held) {
        const auto& now = call.module->tensors[held];
        if (now && now->storage() == tensor.storage() &&
            reference::saves(call, static_cast<reference::Held>(held)))
          call.modified = true;
      }
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
  make_data(step.data, step.seed, tensor.numel(), tensor.dtype(), tensor.data());
  mark_modified(c.world, tensor);
  return {{}, origin_of(module), {}, nullptr};
}

Execution execute(Context& c, const ResetRunningStats& step) {
  Module& module = c.world.module(step.module);
  Execution execution{{}, origin_of(module), {}, nullptr};
  if (auto refusal = reference::reset_running_stats(module))
    execution.refusals.push_back(*refusal);
  else if (module.batch_norm().track_running_stats)
    for (const Held held : {Held::running_mean, Held::running_var})
      mark_modified(c.world, *module.find(held));
  return execution;
}

Execution execute(Context& c, const CastTo& step) {
  Module& module = c.world.module(step.module);
  make_stale(c.world, module);
  const std::vector<Module*> places = reference::places(module);
  std::vector<std::array<std::optional<Tensor>, 2>> before;
  for (const Module* place : places) before.push_back({place->tensors[0], place->tensors[1]});
  reference::to(module, step.dtype);
  // "Modifies the module in-place": a parameter stays the parameter it is, whoever shares it, and
  // its gradient with it. A buffer is replaced (our choice, as in PyTorch).
  for (std::size_t p = 0; p < places.size(); ++p)
    for (std::size_t i = 0; i < 2; ++i)
      if (before[p][i])
        c.world.replace_parameter(before[p][i]->storage(), *places[p]->tensors[i],
                                  places[p]->grads[i]);
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
  std::vector<std::pair<Tensor, std::uint64_t>> versions;     // what fits is written to
  for (auto& [key, tensor] : reference::state_dict(target))
    versions.emplace_back(tensor, tensor.storage()->version());
  execution.refusals = reference::load_state_dict(target, state);
  for (const auto& [tensor, version] : versions)
    if (tensor.storage()->version() != version) mark_modified(c.world, tensor);
  return execution;
}

}  // namespace normdiff
