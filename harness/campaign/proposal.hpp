#pragma once

#include <string>
#include <vector>

#include "harness/campaign/measure.hpp"
#include "harness/triage/deviation_files.hpp"

namespace normdiff {

/// The files of the catalogue as measurements would have them.
struct Proposal {
  std::vector<DeviationFile> files;  ///< each of them as it should be
  std::vector<std::string> changes;  ///< a sentence for each file that is another then
  /// Sentences about what nothing is proposed for, as somebody has to look at it first.
  std::vector<std::string> open;
};

/// Proposes the `versions`, `verified_on` and `hits` of each deviation that the measured subjects
/// show, or show no longer. With the files as proposed, and nothing `open`, a run on these subjects
/// is strict and green: what is measured is claimed where it was seen and nowhere else. `files` can
/// be parsed.
[[nodiscard]] Proposal propose(const std::vector<DeviationFile>& files,
                               std::vector<Measurement>& measurements);

}  // namespace normdiff
