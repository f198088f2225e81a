#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/campaign/power.hpp"
#include "harness/findings/finding.hpp"
#include "harness/triage/deviations.hpp"

namespace normdiff {

/// The settings that were asked for. None depends on the machine's speed.
struct ReportSettings {
  std::uint64_t seed = 0;
  std::vector<std::string> profiles;
  std::uint64_t scenarios = 0;  ///< for each subject; 0: as many as `time` allowed
  std::string time;             ///< "60s"; empty: by number
  bool corpus = false;
  std::string deviations;     ///< the folder of another catalogue; empty: the built-in one
  bool always_equal = false;  ///< the checker said equal to everything: proves that checks can fail
};

struct ReportProfile {
  std::string profile;
  Tally tally;
};

struct ReportSubject {
  Manifest manifest;
  std::vector<ReportProfile> profiles;
  std::vector<std::string> not_run;  ///< "export: why"
  std::string unusable;              ///< why its host could not be used
  std::uint64_t corpus_files = 0;
  std::uint64_t corpus_conforming = 0;
  std::uint64_t corpus_skipped = 0;
  Tally corpus_tally;

  [[nodiscard]] Tally total() const;
};

/// A finding on one subject, and the command that shows it again.
struct Witness {
  Finding finding;
  std::string replay;  ///< see replay_command
};

/// The findings of one name: one witness for each subject that shows it, confirmed ones first.
struct ReportFinding {
  Witness first;
  std::vector<Witness> others;
  Counts hits;  ///< by subject: discrepancies with this signature
};

/// A share that must not fall below a floor.
struct Floor {
  enum class State {
    passed,
    missed,
    too_few,  ///< a subject that conforms could come to so low a share by chance
  };
  std::string subject;
  std::string what;  ///< "output observations compared"
  double share = 0;
  double floor = 0;
  /// The number of scenarios that the share rests on, if each had as many observations as the one
  /// with the most; 0: it does not hang on chance.
  double scenarios = 0;
  std::string remedy{};  ///< nothing was there to take a share of: what to do
  [[nodiscard]] State state() const;
  /// "libtorch@2.13.0: 93.1 % of output observations compared, the floor is 95 %", or "...: no
  /// scenarios of the profile export; give more --time or --scenarios"
  [[nodiscard]] std::string text() const;
};

/// A run, as report.json has it and every other form shows it.
struct Report {
  std::string normdiff_version;
  ReportSettings settings;
  std::vector<ReportSubject> subjects;
  std::vector<ReportFinding> findings;  ///< new ones
  std::vector<Finding> harness_errors;
  std::vector<std::string> unexpected_passes;
  std::vector<std::string> news;      ///< deviations that are otherwise on another version
  std::vector<Deviation> deviations;  ///< the catalogue
  std::vector<FaultFound> power;
  std::uint64_t power_most = 0;  ///< scenarios tried for each fault
  std::vector<Floor> floors;
  int interrupted_by = 0;  ///< the signal that ended it early: no floors are judged; 0: none
  std::string failure;     ///< the run is not complete: why

  /// By deviation id and subject, campaign and corpus together.
  [[nodiscard]] std::map<std::string, Counts> deviation_hits() const;
  /// The same, of versions that the deviation was never measured on.
  [[nodiscard]] std::map<std::string, Counts> hits_elsewhere() const;
};

/// The end of a run: the command's exit code and last line.
struct Conclusion {
  /// 0 conforms, 1 discrepancies or unexpected passes or a floor, 2 the harness failed or a subject
  /// could not be used, 128 and the signal's number where one ended the run.
  int exit_code = 0;
  std::string text;  ///< "conforms: 2 subjects, ..."
};
[[nodiscard]] Conclusion conclude(const Report& report);

/// Each profile that was asked for ran. Then by class how many observations were compared (95 %, in
/// the campaign and in the corpus), and how many floating-point ones are equal or within their
/// bound (80 %, in the modes profile 95 %). A share of random scenarios is missed only where a
/// subject with a share at the floor would miss it in one of a million runs; in the corpus, of
/// fewer than 20 observations nothing is asked.
[[nodiscard]] std::vector<Floor> floors_of(const std::vector<ReportSubject>& subjects);

[[nodiscard]] nlohmann::json to_json(const Report& report);
/// Throws nlohmann::json::exception on anything that isn't one.
[[nodiscard]] Report report_from_json(const nlohmann::json& json);

[[nodiscard]] std::string render_markdown(const Report& report);
[[nodiscard]] std::string render_html(const Report& report);
/// For a screen that wide. Only commands are longer: they are there to be copied.
[[nodiscard]] std::string render_summary(const Report& report, std::size_t width);

/// report.json, report.md and report.html into a folder. nullopt: done, else a sentence.
[[nodiscard]] std::optional<std::string> write_report(const Report& report,
                                                      const std::filesystem::path& out);
/// The same without report.json, which it may come from.
[[nodiscard]] std::optional<std::string> write_pages(const Report& report,
                                                     const std::filesystem::path& out);

}  // namespace normdiff
