#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/check/tally.hpp"
#include "harness/subject/subject.hpp"

namespace normdiff {

/// All discrepancies of one step of one scenario.
struct Finding {
  std::string signature;     ///< names it: the first that no earlier finding showed
  std::string scenario;      ///< canonical text
  std::string origin;        ///< "seed 1, modes, number 17", or a file
  std::uint64_t number = 0;  ///< of the scenario in its campaign; 0 for a file
  Manifest subject;
  int step = 0;
  std::string statement;                ///< the step's text
  std::vector<std::string> signatures;  ///< all that the step shows, causes first
  std::vector<std::string> details;     ///< a line each, then lines for more of the same
  std::string deviation;                ///< known: its id; empty: new
  bool confirmed = false;               ///< replayed alone in a fresh process, same signature

  /// The line of details that tells what the finding is named by.
  [[nodiscard]] std::string headline() const;
};

/// The result of a range, or of several added up.
struct RangeResult {
  std::uint64_t done = 0;  ///< scenarios run: fewer than asked for where `stop` said so
  Tally tally;
  std::vector<Finding> findings;        ///< steps that are the first to show some signature
  std::vector<Finding> harness_errors;  ///< the harness itself failed: likewise
  /// Something outside the subject ended the scenario behind those done, and the range with it:
  /// how.
  std::string disturbed;
};

/// Adds up: the sum of two parts of a campaign, in any order, is the result of both in one go.
void add(RangeResult& sum, RangeResult&& part);

}  // namespace normdiff
