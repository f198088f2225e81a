#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/findings/finding.hpp"
#include "harness/language/profile.hpp"

namespace normdiff {

struct PowerOptions {
  std::vector<Profile> profiles;
  std::uint64_t seed = 1;
  std::uint64_t most = 2000;  ///< scenarios for each fault
  int jobs = 1;
  bool always_equal = false;
  /// The fault of the textbook that is taken as right: none, but where a test asks what a checker
  /// counts for that errs on what is right.
  std::string right;
};

/// How soon one planted fault was found.
struct FaultFound {
  std::string fault;
  std::optional<std::uint64_t> after;  ///< scenarios until then; not found: all were run
  std::string signature;               ///< of the finding
  std::string profile = {};            ///< that the finding scenario is of
};

/// The power of a run is what the same settings find where there is something to find; without it a
/// clean run says nothing. Every fault of the textbook is hunted by itself, profiles in turn; what
/// the right textbook shows over the same scenarios counts for none. The same options, the same
/// result, whatever `jobs`.
[[nodiscard]] std::vector<FaultFound> measure_power(const PowerOptions& options,
                                                    const std::atomic<int>& stop);

/// 10^4 times the faults found, by the scenarios that took.
[[nodiscard]] double faults_per_10k(const std::vector<FaultFound>& power, std::uint64_t most);

}  // namespace normdiff
