#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/check/check.hpp"
#include "harness/profiles/generate.hpp"
#include "harness/subject/subject.hpp"

namespace normdiff {

/// A part of a campaign: scenarios [first, first + count) of a seed.
struct Range {
  Profile profile = Profile::modes;
  std::uint64_t seed = 0;
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

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

/// What came out of a range, or of several added up.
struct RangeResult {
  std::uint64_t done = 0;  ///< scenarios run: fewer than asked for where `stop` said so
  Tally tally;
  std::vector<Finding> findings;        ///< steps that are the first to show some signature
  std::vector<Finding> harness_errors;  ///< the harness itself failed: likewise
};

/// Adds up: the sum of two parts of a campaign, in any order, is the result of both in one go.
void add(RangeResult& sum, RangeResult&& part);

/// The hot path: generate, run, check, count; nothing is serialised but findings. `at` is called
/// with each scenario's number before it starts: a number that is not followed by another is the
/// one that took the process down. Stops early, after a whole scenario, when `stop` says so.
[[nodiscard]] RangeResult run_range(const Range& range, const Subject& subject, Checker& checker,
                                    const std::function<void(std::uint64_t)>& at,
                                    const std::function<bool()>& stop = {});

}  // namespace normdiff
