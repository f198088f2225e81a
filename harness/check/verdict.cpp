#include "harness/check/verdict.hpp"

#include <array>

namespace normdiff {
namespace {

constexpr std::array<std::string_view, verdict_count> verdict_names = {"equal",
                                                                       "within_bound",
                                                                       "both_rejected",
                                                                       "loose",
                                                                       "ill_conditioned",
                                                                       "poisoned",
                                                                       "unsupported",
                                                                       "underived",
                                                                       "known_deviation",
                                                                       "diverged",
                                                                       "rejected_differently",
                                                                       "rejected_by_subject",
                                                                       "accepted_by_subject",
                                                                       "crashed",
                                                                       "timed_out",
                                                                       "out_of_memory",
                                                                       "harness_error"};

}  // namespace

std::string_view to_string(Verdict verdict) {
  return verdict_names[static_cast<std::size_t>(verdict)];
}

bool is_compared(Verdict verdict) {
  return verdict <= Verdict::poisoned ||
         (verdict >= Verdict::known_deviation && verdict <= Verdict::accepted_by_subject);
}

bool is_new_discrepancy(Verdict verdict) {
  return verdict >= Verdict::diverged && verdict <= Verdict::timed_out;
}

bool says_little(Verdict verdict) {
  return verdict == Verdict::loose || verdict == Verdict::ill_conditioned ||
         verdict == Verdict::poisoned;
}

}  // namespace normdiff
