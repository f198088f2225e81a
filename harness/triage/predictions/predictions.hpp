#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "harness/triage/predictions/prediction_context.hpp"

namespace normdiff {

/// By name, as a deviation file writes it.
[[nodiscard]] const Prediction* prediction(std::string_view name);
[[nodiscard]] std::vector<std::string_view> prediction_names();
/// The prediction stops a forward by itself (PredictionContext::run_up_to), so that it does
/// not call the others that it is tried with: they stand around it.
[[nodiscard]] bool stops_a_forward(std::string_view prediction);

}  // namespace normdiff
