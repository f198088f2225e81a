#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "harness/trace/trace.hpp"

namespace normdiff {

/// One observation of one step, judged. What each means: README, "Verdicts".
enum class Verdict : std::uint8_t {
  equal,
  within_bound,
  both_rejected,
  loose,
  ill_conditioned,
  poisoned,
  unsupported,
  underived,
  known_deviation,  ///< a discrepancy, and exactly the one a deviation predicts
  diverged,
  rejected_differently,
  rejected_by_subject,
  accepted_by_subject,
  crashed,
  timed_out,
  out_of_memory,
  harness_error,
};
inline constexpr int verdict_count = 17;
[[nodiscard]] std::string_view to_string(Verdict verdict);
/// Something was held against something: everything but unsupported, underived, a crash, a hang,
/// out_of_memory and harness_error. (loose, ill_conditioned and poisoned were, weakly: reports
/// count them apart, and a floor limits their share.)
[[nodiscard]] bool is_compared(Verdict verdict);
/// A discrepancy that no deviation predicts, a crash and a hang included.
[[nodiscard]] bool is_new_discrepancy(Verdict verdict);

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
