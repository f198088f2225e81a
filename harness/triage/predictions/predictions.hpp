#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "harness/check/execute.hpp"

namespace normdiff {

/// What a subject that deviates does instead. `context.world` is a copy of the state the subject
/// was really in before the step; the prediction moves it, and states outputs to a judge that tells
/// nothing back: it never sees what was observed. nullopt: this deviation does not apply here.
///
/// The returned execution's refusals are the outcome that is predicted. A prediction is built from
/// the reference's own operations, before or after `execute`.
using Prediction = std::function<std::optional<Execution>(Context& context, const Step& step)>;

/// By name, as a deviation file writes it.
[[nodiscard]] const Prediction* prediction(std::string_view name);
[[nodiscard]] std::vector<std::string_view> prediction_names();

}  // namespace normdiff
