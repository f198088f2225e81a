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

}  // namespace normdiff
