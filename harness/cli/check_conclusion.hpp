#pragma once

#include <string>

#include "harness/campaign/replay.hpp"

namespace normdiff {

/// The last line that `normdiff check` prints of one scenario on one subject.
struct CheckConclusion {
  int exit_code = 0;
  std::string word;    ///< "conforms"
  std::string rest;    ///< "3 of 7 steps were not compared (why: 3)"; empty: all were
  std::string counts;  ///< "20 of 20 observations compared, 0 new discrepancies, ..."
};

/// An observation that was not compared is mentioned, and is no failure by itself: a subject may
/// lack a kind of step. Nothing compared at all, or memory that ran out, is no verdict:
/// exit_failure.
[[nodiscard]] CheckConclusion conclude(const Scenario& scenario, const Replayed& replayed);

}  // namespace normdiff
