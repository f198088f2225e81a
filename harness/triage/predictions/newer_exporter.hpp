#pragma once

#include "harness/triage/predictions/predictions.hpp"

// torch.onnx.export(dynamo=True) does these things otherwise than documented, or than its file
// says.
namespace normdiff {

/// The exporter is not given `training` (torch/onnx/__init__.py): every module is exported in the
/// mode that it is in.
[[nodiscard]] std::optional<Execution> training_argument_is_not_read(PredictionContext& context,
                                                                     const Step& step);

/// onnxscript's translation of a batch norm sets training = False ("a temporary fix",
/// function_libs/torch_lib/ops/core.py): one that should use the batch's statistics, and has
/// running ones, is written with these.
[[nodiscard]] std::optional<Execution> batch_norms_never_train(PredictionContext& context,
                                                               const Step& step);

/// momentum None divides by the counter, a number that torch.export does not know.
[[nodiscard]] std::optional<Execution> export_refuses_cumulative_average(PredictionContext& context,
                                                                         const Step& step);

}  // namespace normdiff
