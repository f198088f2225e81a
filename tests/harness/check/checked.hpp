#pragma once

#include <string>
#include <vector>

#include "harness/check/check.hpp"
#include "harness/triage/deviations.hpp"
#include "tests/harness/check/told_subject.hpp"

namespace normdiff::testing {

/// What the checker made of a subject.
struct Checked {
  Tally tally;
  std::vector<Judged> judged;
  std::vector<std::string> signatures;  ///< of `judged`

  [[nodiscard]] std::uint64_t count(ObservationClass observed, Verdict verdict) const {
    return tally.verdicts[observed][verdict];
  }
  /// Of steps themselves, where they are no plain success.
  [[nodiscard]] std::vector<Verdict> outcomes() const {
    std::vector<Verdict> list;
    for (const Judged& one : judged)
      if (one.observed_class == ObservationClass::error) list.push_back(one.verdict);
    return list;
  }
  [[nodiscard]] std::vector<std::string> discrepancies() const {
    std::vector<std::string> found;
    for (std::size_t i = 0; i < judged.size(); ++i)
      if (is_new_discrepancy(judged[i].verdict) || !judged[i].deviation.empty())
        found.push_back("step " + std::to_string(judged[i].step) + ": " + signatures[i] +
                        " expected " + judged[i].expected + ", observed " + judged[i].observed);
    return found;
  }
};

inline Checked check(const ToldSubject& subject, const Trace& trace, CheckOptions options = {},
                     const Deviations& deviations = {}) {
  Checked checked;
  CheckResult result;
  Checker checker(subject.manifest, deviations, options);
  checker.check(subject.scenario, subject.scope, trace, checked.tally, result);
  for (const Judged& judged : result.judged)
    checked.signatures.push_back(signature(subject.manifest, subject.scenario, judged));
  checked.judged = result.judged;
  return checked;
}
inline Checked check(ToldSubject& subject, CheckOptions options = {},
                     const Deviations& deviations = {}) {
  const Trace trace = subject.run();
  return check(subject, trace, options, deviations);
}
/// What is wrong with a subject.
inline std::vector<std::string> found(ToldSubject subject) {
  return check(subject).discrepancies();
}

}  // namespace normdiff::testing
