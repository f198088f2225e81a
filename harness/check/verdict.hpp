#pragma once

#include <cstdint>

#include "harness/text/enums.hpp"

namespace normdiff {

/// One observation of one step, judged. What each means: README, "Verdicts".
enum class Verdict : std::uint8_t {
  equal,
  within_bound,
  both_rejected,
  loose,
  ill_conditioned,
  poisoned,
  improbable,        ///< inside the proven bound and outside the probable one
  algorithmic_loss,  ///< inside a bound that says little, and outside that of a stable algorithm
  unsupported,
  underived,
  known_deviation,  ///< a discrepancy, and exactly the one a deviation predicts
  known_elsewhere,  ///< the same, on a version that the deviation was never measured on
  diverged,
  rejected_differently,
  rejected_by_subject,
  accepted_by_subject,
  crashed,
  timed_out,
  out_of_memory,
  harness_error,
};
template <>
inline constexpr Names<Verdict> reference::names_of<Verdict> = {"equal",
                                                                "within_bound",
                                                                "both_rejected",
                                                                "loose",
                                                                "ill_conditioned",
                                                                "poisoned",
                                                                "improbable",
                                                                "algorithmic_loss",
                                                                "unsupported",
                                                                "underived",
                                                                "known_deviation",
                                                                "known_elsewhere",
                                                                "diverged",
                                                                "rejected_differently",
                                                                "rejected_by_subject",
                                                                "accepted_by_subject",
                                                                "crashed",
                                                                "timed_out",
                                                                "out_of_memory",
                                                                "harness_error"};

/// A group holds the verdicts that say the same of the subject. Reports count by group.
enum class VerdictGroup : std::uint8_t {
  sharp,         ///< it agrees, as far as can be seen
  weak,          ///< it agrees with what says little; a floor limits the share of these
  known,         ///< it differs, as a deviation predicts
  discrepancy,   ///< it differs, or ended, and no deviation predicts that
  not_compared,  ///< nothing: no expectation, or no observation
  failure,       ///< nothing: the harness failed, or its limit ended the subject
};
struct VerdictFacts {
  VerdictGroup group;
  bool compared;  ///< something was held against something
};
inline constexpr EnumArray<Verdict, VerdictFacts> verdict_facts = {
    /* equal */ VerdictFacts{VerdictGroup::sharp, true},
    /* within_bound */ VerdictFacts{VerdictGroup::sharp, true},
    /* both_rejected */ VerdictFacts{VerdictGroup::sharp, true},
    /* loose */ VerdictFacts{VerdictGroup::weak, true},
    /* ill_conditioned */ VerdictFacts{VerdictGroup::weak, true},
    /* poisoned */ VerdictFacts{VerdictGroup::weak, true},
    /* improbable */ VerdictFacts{VerdictGroup::weak, true},
    /* algorithmic_loss */ VerdictFacts{VerdictGroup::weak, true},
    /* unsupported */ VerdictFacts{VerdictGroup::not_compared, false},
    /* underived */ VerdictFacts{VerdictGroup::not_compared, false},
    /* known_deviation */ VerdictFacts{VerdictGroup::known, true},
    /* known_elsewhere */ VerdictFacts{VerdictGroup::known, true},
    /* diverged */ VerdictFacts{VerdictGroup::discrepancy, true},
    /* rejected_differently */ VerdictFacts{VerdictGroup::discrepancy, true},
    /* rejected_by_subject */ VerdictFacts{VerdictGroup::discrepancy, true},
    /* accepted_by_subject */ VerdictFacts{VerdictGroup::discrepancy, true},
    /* crashed */ VerdictFacts{VerdictGroup::discrepancy, false},
    /* timed_out */ VerdictFacts{VerdictGroup::discrepancy, false},
    /* out_of_memory */ VerdictFacts{VerdictGroup::failure, false},
    /* harness_error */ VerdictFacts{VerdictGroup::failure, false},
};
[[nodiscard]] constexpr VerdictGroup group_of(Verdict verdict) {
  return verdict_facts[verdict].group;
}
[[nodiscard]] constexpr bool is_compared(Verdict verdict) {
  return verdict_facts[verdict].compared;
}
[[nodiscard]] constexpr bool is_new_discrepancy(Verdict verdict) {
  return group_of(verdict) == VerdictGroup::discrepancy;
}
/// Inside a bound that is too wide to tell right from wrong.
[[nodiscard]] constexpr bool says_little(Verdict verdict) {
  return group_of(verdict) == VerdictGroup::weak;
}

}  // namespace normdiff
