#include "harness/generate/draft.hpp"
#include "harness/model/execute.hpp"

namespace normdiff {

using reference::Module;

Execution execute(Context& c, const ResetRunningStats& step) {
  Module& module = c.world.module(step.module);
  Execution execution{{}, origin_of(module), {}, nullptr};
  if (auto refusal = reference::reset_running_stats(module))
    execution.refusals.push_back(*refusal);
  else if (module.norm().track_running_stats)
    for (const TensorSlot slot : {TensorSlot::running_mean, TensorSlot::running_var})
      mark_modified(c.world, *module.find(slot));
  return execution;
}

void draw(Draft& draft, KindOf<ResetRunningStats>) {
  const DraftedPath path = draft.any_norm();
  draft.push(ResetRunningStats{draft.ref(path)});
  ++draft.group(path).version;
}

}  // namespace normdiff
