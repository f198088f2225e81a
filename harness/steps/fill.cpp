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

}  // namespace normdiff
