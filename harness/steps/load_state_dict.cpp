#include "harness/model/execute.hpp"

namespace normdiff {

using reference::Module;
using reference::Tensor;

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
