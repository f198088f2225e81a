#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "harness/triage/predictions/prediction_context.hpp"

namespace normdiff {

/// What a subject that deviates does instead: it moves the context's world, and states what outputs
/// will be. What was observed is out of its reach. nullopt: this deviation does not apply here.
///
/// The returned execution's refusals are the outcome that is predicted. A prediction is built from
/// the reference's own operations, before or after `PredictionContext::execute`.
using Prediction =
    std::function<std::optional<Execution>(PredictionContext& context, const Step& step)>;

/// By name, as a deviation file writes it.
[[nodiscard]] const Prediction* prediction(std::string_view name);
[[nodiscard]] std::vector<std::string_view> prediction_names();

}  // namespace normdiff
