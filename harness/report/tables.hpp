#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/report/report.hpp"

// The contents of a report as tables of plain text: Markdown, HTML and the screen draw the same
// ones.
namespace normdiff {

struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
  std::size_t first_number = 0;  ///< columns from here on hold numbers; 0: none do
};

/// "1,234,567".
[[nodiscard]] std::string grouped(std::uint64_t number);
/// "99.95 %": rounded down, so that only everything is 100 %.
[[nodiscard]] std::string percent(std::uint64_t part, std::uint64_t whole);

[[nodiscard]] Table subjects_table(const Report& report);
/// Classes by verdict group, for one subject.
[[nodiscard]] Table shares_table(const ReportSubject& subject);
[[nodiscard]] Table not_compared_table(const ReportSubject& subject);
[[nodiscard]] Table floors_table(const Report& report);
/// The catalogue: what this run saw, or the rest of it.
[[nodiscard]] Table known_table(const Report& report, bool seen);
/// The deviations that were seen on versions which they were never measured on.
[[nodiscard]] Table elsewhere_table(const Report& report);
[[nodiscard]] Table power_table(const Report& report);

/// How far a kind of tensor was from its exact value, in bounds.
struct RatioRow {
  std::string name;  ///< "output, float32, contiguous"
  RatioHistogram histogram;
};
/// Those with any element.
[[nodiscard]] std::vector<RatioRow> ratio_rows(const ReportSubject& subject);

/// How many observations of a class had verdicts of a kind.
struct ClassShares {
  ObservationClass observed;
  std::uint64_t total = 0;
  std::uint64_t sharp = 0;  ///< by VerdictGroup, as the next four
  std::uint64_t weak = 0;
  std::uint64_t known = 0;
  std::uint64_t discrepancies = 0;
  std::uint64_t not_compared = 0;  ///< failures too
};
/// The shares of the classes that were seen at all.
[[nodiscard]] std::vector<ClassShares> class_shares(const Tally& tally);

/// One a line: of the first witness, then of those on other subjects.
[[nodiscard]] std::string replay_commands(const ReportFinding& finding);

/// One paragraph: what the run's settings find where there is something to find.
[[nodiscard]] std::string power_sentence(const Report& report);
/// "84 of 84 floors are passed. ..."
[[nodiscard]] std::string floors_sentence(const Report& report);
/// "seed 1, profiles modes, numerics, 1,000 scenarios for each subject".
[[nodiscard]] std::string settings_sentence(const Report& report);

}  // namespace normdiff
