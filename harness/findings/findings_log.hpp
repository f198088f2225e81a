#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/findings/finding.hpp"

namespace normdiff {

/// Findings on disk: a scenario file for each in OUT/findings/, and a list, one a line. While a run
/// is under way that is OUT/unreported.jsonl, and a finding that `add` has returned for survives a
/// power cut; `keep_reported` makes OUT/findings.jsonl of it, with what the report shows. One run
/// at a time has a folder.
class FindingsLog {
 public:
  /// Makes the folder and tries it. The list of an earlier run is removed, with the scenarios that
  /// it names, unless somebody changed them. Findings that no report was made of are set aside. A
  /// folder that can't be used, or that another run uses: a sentence, and nothing in it is lost.
  [[nodiscard]] static std::variant<FindingsLog, std::string> open(
      const std::filesystem::path& out);
  FindingsLog(FindingsLog&& other) noexcept;
  FindingsLog& operator=(FindingsLog&&) = delete;
  ~FindingsLog();

  /// The scenario's file, relative to OUT; nullopt: the disk is full or gone.
  [[nodiscard]] std::optional<std::string> add(const Finding& finding);
  /// Ends the list: these are in the report, and the scenarios of all others are removed. nullopt:
  /// done, else a sentence.
  [[nodiscard]] std::optional<std::string> keep_reported(const std::vector<Finding>& reported);
  /// The list of findings of an earlier run that made no report, set aside; empty: there was none.
  [[nodiscard]] const std::filesystem::path& set_aside() const { return set_aside_; }

 private:
  FindingsLog(std::filesystem::path out, int folder, int file)
      : out_(std::move(out)), folder_(folder), file_(file) {}
  std::filesystem::path out_;
  std::filesystem::path set_aside_;
  int folder_ = -1;  ///< locked
  int file_ = -1;
};

/// The findings in OUT that no report was made of, as the run was killed: each once, as it was
/// written last. nullopt: there is no such list.
[[nodiscard]] std::optional<std::vector<Finding>> unreported_findings(
    const std::filesystem::path& out);

/// "findings/STEM.scenario": where a finding's scenario lies in OUT.
[[nodiscard]] std::string scenario_file(const Finding& finding);

/// Writes a whole file or nothing: a new one beside it takes its place. nullopt: done.
[[nodiscard]] std::optional<std::string> write_file(const std::filesystem::path& path,
                                                    std::string_view text);

}  // namespace normdiff
