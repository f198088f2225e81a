#include "harness/generate/draft.hpp"
#include "harness/model/execute.hpp"

namespace normdiff {

using reference::Module;

Execution execute(Context& c, const SetTraining& step) {
  Module& module = c.world.module(step.module);
  module.training = step.value;
  return {{}, origin_of(module), {}, nullptr};
}

Execution execute(Context& c, const SetMomentum& step) {
  Module& module = c.world.module(step.module);
  module.norm().momentum = step.value;
  return {{}, origin_of(module), {}, nullptr};
}

Execution execute(Context& c, const SetEps& step) {
  Module& module = c.world.module(step.module);
  module.norm().eps = step.value;
  return {{}, origin_of(module), {}, nullptr};
}

Execution execute(Context& c, const SetTrackRunningStats& step) {
  Module& module = c.world.module(step.module);
  module.norm().track_running_stats = step.value;
  return {{}, origin_of(module), {}, nullptr};
}

void draw(Draft& draft, KindOf<SetTraining>) {
  draft.push(SetTraining{draft.ref(draft.any_eager(0.4)), draft.random.chance(0.5)});
}

void draw(Draft& draft, KindOf<SetMomentum>) {
  static constexpr std::array<double, 7> values = {0.1, 0, 1, -1.2, 2, 0.3, 0.5};
  SetMomentum step{draft.ref(draft.any_norm()), std::nullopt};
  if (!draft.random.chance(0.25)) step.value = draft.one_of(values);
  draft.push(step);
}

void draw(Draft& draft, KindOf<SetEps>) {
  static constexpr std::array<double, 5> values = {1e-5, 0.1, 1, 0.001, 1e-12};
  const DraftedPath path = draft.any_norm();
  const double value = draft.one_of(values);
  draft.push(SetEps{draft.ref(path), value});
  // It may be in other places, and under other names.
  const std::uint16_t identity = draft.module(path).identity;
  const std::size_t group = draft.tree(path).group;
  for (DraftedTree& other : draft.trees)
    for (DraftedModule& module : other.modules)
      if (other.group == group && module.identity == identity) module.eps = value;
}

void draw(Draft& draft, KindOf<SetTrackRunningStats>) {
  draft.push(SetTrackRunningStats{draft.ref(draft.any_norm()), draft.random.chance(0.4)});
}

}  // namespace normdiff
