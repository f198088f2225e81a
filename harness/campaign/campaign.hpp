#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/check/check.hpp"
#include "harness/scenario/generate.hpp"
#include "harness/subjects/subject.hpp"

namespace normdiff {

/// A part of a campaign: scenarios [first, first + count) of a seed.
struct Range {
  Profile profile = Profile::modes;
  std::uint64_t seed = 0;
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

/// All discrepancies of one step of one scenario, by the first of them.
struct Finding {
  std::string signature;
  std::string scenario;      ///< canonical text
  std::string origin;        ///< "seed 1, modes, number 17", or a file
  std::uint64_t number = 0;  ///< of the scenario in its campaign; 0 for a file
  Manifest subject;
  int step = 0;
  std::string statement;             ///< the step's text
  std::vector<std::string> details;  ///< one line for each discrepancy: where, expected, observed
  std::string deviation;             ///< known: its id; empty: new
  bool confirmed = false;            ///< replayed alone in a fresh process, same signature
};

/// What came out of a range, or of several added up.
struct RangeResult {
  std::uint64_t done = 0;  ///< scenarios run: fewer than asked for where `stop` said so
  Tally tally;
  std::vector<Finding> findings;        ///< new ones: the first of each signature, by number
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
