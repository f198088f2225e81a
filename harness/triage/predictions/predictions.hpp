#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "harness/triage/predictions/prediction_context.hpp"

namespace normdiff {

/// By name, as a deviation file writes it.
[[nodiscard]] const Prediction* prediction(std::string_view name);
[[nodiscard]] std::vector<std::string_view> prediction_names();
/// A prediction stands so among others that are tried together, the first outermost.
enum class PredictionOrder : std::uint8_t {
  changes_the_step,  ///< the others start from what it makes of the step
  any,
  /// It stops a forward by itself (PredictionContext::run_up_to), so that it does not call the
  /// others: they stand around it.
  stops_a_forward,
};
[[nodiscard]] PredictionOrder order_of(std::string_view prediction);

}  // namespace normdiff
