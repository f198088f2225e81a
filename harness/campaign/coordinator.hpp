#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/campaign/subjects.hpp"
#include "harness/findings/finding.hpp"
#include "harness/findings/findings_log.hpp"
#include "harness/language/profile.hpp"
#include "harness/triage/deviations.hpp"

namespace normdiff {

struct CampaignOptions {
  std::vector<FoundSubject> subjects;
  std::vector<Profile> profiles;
  std::uint64_t seed = 1;
  std::optional<std::uint64_t> scenarios;         ///< for each subject, spread over its profiles
  std::optional<std::chrono::milliseconds> time;  ///< in all, shared by the subjects
  int jobs = 1;
  std::chrono::milliseconds deadline{60'000};  ///< for one scenario
  const Deviations* deviations = nullptr;      ///< the catalogue, and
  std::string deviations_folder;               ///< where hosts find it; empty: built in
  bool always_equal = false;
  double chunk_seconds = 1.0;  ///< of work handed out at once; results do not depend on it
};

/// The result of one profile on one subject.
struct ProfileResult {
  Profile profile = Profile::modes;
  RangeResult result;
};

/// The result of one subject.
struct SubjectResult {
  FoundSubject found;
  Manifest manifest;
  std::vector<ProfileResult> profiles;
  std::vector<std::string> not_run;  ///< "export: Pure C++ LibTorch ..."
  std::string unusable;              ///< the host itself failed: why; a harness error
};

/// Everything, in an order that depends on the options alone.
struct CampaignResult {
  std::vector<SubjectResult> subjects;
  /// The first steps of each subject to show some signature, by profile and number.
  std::vector<Finding> findings;
  std::string failure;  ///< the disk is full, ...: the run is not complete
  bool interrupted = false;
  int interrupted_by = 0;  ///< the signal that did it; 0: none did
};

struct Progress {
  std::chrono::milliseconds elapsed{0};
  std::uint64_t scenarios = 0;
  std::size_t findings = 0;
};

/// Told what happens while it happens, by one thread at a time.
struct CampaignListener {
  std::function<void(const Progress&)> progress;
  /// A signature not seen before on its subject, tried again alone. It is at `file` in OUT.
  std::function<void(const Finding& finding, const std::string& file)> found;
};

/// Which profiles make sense for a family: one that can't export is not asked to. `why` is told why
/// not.
[[nodiscard]] bool runs_profile(std::string_view family, Profile profile, std::string& why);

/// Runs ranges on subjects, each thread with hosts of its own; a host that dies costs one scenario.
/// Findings are written at once, and tried again alone beside it, in processes that do only that.
/// The same options with `scenarios`: the same result, whatever `jobs` and `chunk_seconds`.
[[nodiscard]] CampaignResult run_campaign(const CampaignOptions& options, FindingsLog& log,
                                          const CampaignListener& listener,
                                          const std::atomic<int>& stop);

}  // namespace normdiff
