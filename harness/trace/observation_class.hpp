#pragma once

#include <cstdint>

#include "harness/text/enums.hpp"
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
template <>
inline constexpr Names<ObservationClass> reference::names_of<ObservationClass> = {
    "error",     "flag",    "option", "counter",  "statistic",
    "parameter", "sharing", "output", "gradient", "artefact"};
[[nodiscard]] ObservationClass class_of(Slot slot);

}  // namespace normdiff
