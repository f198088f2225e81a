#include "harness/generate/draft.hpp"
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

namespace {

/// Loads into any module from another one of the same structure, or of a different one. Where there
/// is no such module, nothing is written.
void draw_load(Draft& draft, bool fitting) {
  const std::size_t target = draft.any_tree(NameKind::module);
  const DraftedTree& to = draft.trees[target];
  const std::vector<std::size_t> sources = indices_where(draft.trees, [&](const DraftedTree& from) {
    return from.kind == NameKind::module && &from != &to &&
           (from.structure == to.structure) == fitting;
  });
  if (sources.empty()) return;
  const DraftedTree& from = draft.trees[draft.one_of(sources)];
  draft.push(LoadStateDict{{to.name, 0}, {from.name, 0}});
  ++draft.group(to).version;
}

}  // namespace

void draw(Draft& draft, KindOf<LoadStateDict>) {
  draw_load(draft, true);
}

void draw_unfitting_state_dict(Draft& draft) {
  draw_load(draft, false);
}

}  // namespace normdiff
