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

}  // namespace normdiff
