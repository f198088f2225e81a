#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "harness/findings/finding.hpp"

namespace normdiff {

/// Findings on disk: OUT/findings.jsonl, one a line, and a scenario file for each in OUT/findings/.
/// A finding that `add` has returned for survives a power cut.
class FindingsLog {
 public:
  /// Makes the folder and tries it. The list of an earlier run is emptied, and the scenarios that
  /// it names are removed, unless somebody changed them. A folder that can't be used: a sentence,
  /// and nothing in it is lost.
  [[nodiscard]] static std::variant<FindingsLog, std::string> open(
      const std::filesystem::path& out);
  FindingsLog(FindingsLog&& other) noexcept;
  FindingsLog& operator=(FindingsLog&&) = delete;
  ~FindingsLog();

  /// The scenario's file, relative to OUT; nullopt: the disk is full or gone.
  [[nodiscard]] std::optional<std::string> add(const Finding& finding);

 private:
  FindingsLog(std::filesystem::path out, int file) : out_(std::move(out)), file_(file) {}
  std::filesystem::path out_;
  int file_ = -1;
};

/// "findings/STEM.scenario": where a finding's scenario lies in OUT.
[[nodiscard]] std::string scenario_file(const Finding& finding);

/// Writes a whole file or nothing: a new one beside it takes its place. nullopt: done.
[[nodiscard]] std::optional<std::string> write_file(const std::filesystem::path& path,
                                                    std::string_view text);

}  // namespace normdiff
