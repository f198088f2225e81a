#pragma once

#include <string>
#include <vector>

#include "harness/check/verdict.hpp"
#include "harness/subject/subject.hpp"
#include "harness/trace/trace.hpp"
#include "reference/error.hpp"

namespace normdiff {

/// The outcome of a step, held against the one that the reference or a deviation has.
struct JudgedOutcome {
  Verdict verdict;
  std::string expected;
  std::string observed;
};

/// `refusals`: the kinds that are expected; empty: the step is to be done. A text of `record` is
/// told by ErrorKinds. A refusal that is expected, of a family whose words nobody knows, is
/// `underived`: its kind is not told.
[[nodiscard]] JudgedOutcome judge_outcome(const Manifest& manifest, const StepRecord& record,
                                          const std::vector<reference::Refusal>& refusals);

}  // namespace normdiff
