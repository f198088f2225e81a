#pragma once

#include "harness/triage/predictions/predictions.hpp"

namespace normdiff {

/// torch.jit.script compiles a type once, and takes two Sequential for one type where they hold
/// children of the same names and types, in whatever order: the second one runs in the order of the
/// first. (torch/csrc/jit/frontend/concrete_module_type.cpp compares children by name.)
[[nodiscard]] std::optional<Execution> script_runs_in_the_order_of_its_type(
    PredictionContext& context, const Step& step);

/// A script module is compiled for its first call, and what was made to keep gradients is used
/// under no_grad too.
[[nodiscard]] std::optional<Execution> script_ignores_no_grad(PredictionContext& context,
                                                              const Step& step);

}  // namespace normdiff
