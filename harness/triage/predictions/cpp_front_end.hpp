#pragma once

#include "harness/triage/predictions/predictions.hpp"

// Where the C++ front end of LibTorch differs from the documentation, which is Python's.

namespace normdiff {

using Predicted = std::optional<Execution>;

Predicted track_option_is_read_each_time(PredictionContext& context, const Step& step);
Predicted eps_is_not_checked(PredictionContext& context, const Step& step);
Predicted counter_is_cast(PredictionContext& context, const Step& step);
Predicted gradients_are_not_cast(PredictionContext& context, const Step& step);
Predicted empty_layer_is_refused(PredictionContext& context, const Step& step);
Predicted empty_sequential_is_refused(PredictionContext& context, const Step& step);
Predicted eval_needs_statistics(PredictionContext& context, const Step& step);
Predicted clone_forgets_sequential_flags(PredictionContext& context, const Step& step);
Predicted clone_refuses_changed_modules(PredictionContext& context, const Step& step);
Predicted clone_requires_gradients(PredictionContext& context, const Step& step);
Predicted clone_makes_statistics(PredictionContext& context, const Step& step);
Predicted archive_replaces_tensors(PredictionContext& context, const Step& step);

}  // namespace normdiff
