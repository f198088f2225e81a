#pragma once

#include <ATen/core/Tensor.h>

#include "harness/subjects/libtorch/live.hpp"
#include "harness/trace/recorder.hpp"

namespace normdiff::libtorch {

/// Shows a tensor, or None where it is undefined.
void show(Recorder& recorder, Key key, const at::Tensor& tensor);
/// Everything of a module but its identities.
void show_module(Recorder& recorder, NameId name, const std::vector<Node>& nodes);
/// Value and gradient of a tensor that a step made.
void show_tensor(Recorder& recorder, NameId name, const at::Tensor& tensor);

}  // namespace normdiff::libtorch
