#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "harness/campaign/corpus.hpp"
#include "harness/campaign/replay.hpp"
#include "harness/host/host_link.hpp"
#include "harness/triage/deviations.hpp"

namespace normdiff {

/// The witnesses and near misses of a family's deviations, as one subject ran them.
struct Measurement {
  struct Ran {
    Scenario scenario;
    Replayed replayed;
  };
  Manifest subject;
  std::map<std::string, Ran> files;  ///< by the corpus's name of each; one it lacks is missing

  /// The name of the subject in `verified_on`: "python@2.13.0", by whatever path it was named.
  [[nodiscard]] std::string verified() const { return subject.family + "@" + subject.version; }
};

/// Runs the witness and the near miss of each deviation of the subject's family, whatever versions
/// it is claimed of. A subject that ends in one of them is a finding there; a host that can't be
/// used is a sentence.
[[nodiscard]] std::variant<Measurement, std::string> measure(HostLink& host,
                                                             const Deviations& deviations,
                                                             const std::vector<CorpusFile>& corpus);

/// A file of a measurement, judged by a catalogue.
struct FileJudgement {
  std::map<std::string, std::uint64_t> hits;  ///< by deviation, the observations it explained
  std::string unpredicted;                    ///< the first thing that is new; empty: nothing is
};
/// `file` is one of the measurement's.
[[nodiscard]] FileJudgement judge(Measurement& measurement, const std::string& file,
                                  const Deviations& deviations);

/// All files of a measurement, judged by a catalogue.
struct Judgement {
  Seen seen;
  std::map<std::string, std::string> unpredicted;  ///< by file: the first thing that is new in it
};
[[nodiscard]] Judgement judge(Measurement& measurement, const Deviations& deviations);

/// The catalogue as if nothing had been measured on a version of a family, and nothing claimed of
/// it: every deviation of the family is tried there, and none has a right of way.
[[nodiscard]] Deviations with_unmeasured(const Deviations& deviations, const Manifest& subject);

}  // namespace normdiff
