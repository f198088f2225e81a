#pragma once

#include <cstdint>
#include <string_view>

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
/// Inside a bound that is too wide to tell right from wrong.
[[nodiscard]] bool says_little(Verdict verdict);

}  // namespace normdiff
