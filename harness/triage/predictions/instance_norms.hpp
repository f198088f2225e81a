#pragma once

#include "harness/triage/predictions/predictions.hpp"

// Where torch.instance_norm, which repeats its tensors for each sample and runs a batch norm, shows
// that it does.

namespace normdiff {

[[nodiscard]] std::optional<Execution> single_value_is_not_checked(PredictionContext& context,
                                                                   const Step& step);
[[nodiscard]] std::optional<Execution> statistics_are_written_back(PredictionContext& context,
                                                                   const Step& step);
[[nodiscard]] std::optional<Execution> statistics_are_written_back_in_eval(
    PredictionContext& context, const Step& step);
[[nodiscard]] std::optional<Execution> instance_norm_exports_no_training(PredictionContext& context,
                                                                         const Step& step);
[[nodiscard]] std::optional<Execution> instance_norm_artefact_is_invalid(PredictionContext& context,
                                                                         const Step& step);

}  // namespace normdiff
