#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "harness/trace/trace.hpp"

namespace normdiff {

/// Shares are kept for each class by itself: many flags must not hide an output that nobody
/// compared.
enum class ObservationClass : std::uint8_t {
  error,      ///< what a step's outcome was
  flag,       ///< training
  option,     ///< momentum, eps, track_running_stats
  counter,    ///< num_batches_tracked
  statistic,  ///< running_mean, running_var
  parameter,  ///< weight, bias, and the values of tensors
  sharing,    ///< which places are one module, which tensors one memory
  output,
  gradient,
  artefact,
};
inline constexpr int observation_class_count = 10;
[[nodiscard]] std::string_view to_string(ObservationClass observed);
[[nodiscard]] std::optional<ObservationClass> observation_class_from(std::string_view name);
[[nodiscard]] ObservationClass class_of(Slot slot);

}  // namespace normdiff
