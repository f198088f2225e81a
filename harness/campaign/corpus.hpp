#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "harness/campaign/coordinator.hpp"

namespace normdiff {

/// A scenario file, read.
struct CorpusFile {
  /// The name that a deviation's `witness` has for it, whatever the folder is called:
  /// "corpus/seeds/forum-thread.scenario".
  std::string name;
  std::string path;  ///< below the folder as it was given
  Scenario scenario;
};

/// Every *.scenario under a folder, by name. One that can't be read: its sentence.
[[nodiscard]] std::variant<std::vector<CorpusFile>, std::string> load_corpus(
    const std::filesystem::path& folder);

/// The result of the corpus on one subject.
struct CorpusResult {
  std::uint64_t files = 0;
  std::uint64_t conforming = 0;  ///< nothing, or only what is known
  std::uint64_t skipped = 0;     ///< a step that the subject does not do
  Tally tally;
  std::vector<Finding> findings;
  std::vector<Finding> harness_errors;
  std::vector<std::string> unexpected_passes;  ///< sentences with the edit to make
  /// Sentences about the deviations that are not the same on a version that nothing was measured
  /// on.
  std::vector<std::string> news;
  std::string unusable;  ///< the host can't be used: why
};

/// The number of observations that each deviation explained in a corpus file, by the file's name.
using Seen = std::map<std::string, std::map<std::string, std::uint64_t>>;

/// The observations of a file that a deviation explained.
[[nodiscard]] std::uint64_t hits_in(const Seen& seen, const std::string& file,
                                    const std::string& deviation);

/// Holds every deviation that is claimed of the subject to its witness, which must show it in all
/// its `hits`, and its near miss, which must not: sentences with the edit to make.
[[nodiscard]] std::vector<std::string> errors_in_evidence(const Manifest& subject,
                                                          const Deviations& deviations,
                                                          const Seen& seen);

/// Replays the files on a subject, and holds every deviation of its family and version to its
/// witness, which must still show it, and its near miss, which must not. On a version that nothing
/// was measured on every deviation of the family is tried, and what is otherwise there is news.
[[nodiscard]] CorpusResult replay_corpus(const CampaignOptions& options,
                                         const FoundSubject& subject,
                                         const std::vector<CorpusFile>& files,
                                         const std::atomic<int>& stop);

}  // namespace normdiff
