#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/language/scenario.hpp"
#include "harness/subject/subject.hpp"
#include "harness/trace/observation_class.hpp"

namespace normdiff {

/// A difference of LibTorch or PyTorch from its documentation that is known, as a prediction:
/// harness/triage/deviations/ID.toml.
struct Deviation {
  std::string id;
  std::string title;
  std::string why;
  std::string standing;                  ///< "documented", "derived", "our choice"
  std::string docs;                      ///< the page that documents it; "documented" has one
  std::vector<std::string> upstream;     ///< where it was reported or discussed
  std::vector<std::string> subjects;     ///< families
  std::string versions;                  ///< ">=1.13,<1.14 || >=2.13,<2.14"
  std::vector<std::string> verified_on;  ///< "libtorch@1.13.1": witness and near miss were run
  std::vector<std::string> steps;        ///< step kinds, by name; "forward" covers every forward
  std::vector<std::string>
      observations;        ///< globs over "CLASS:SLOT": "flag:training", "statistic:*"
  std::string prediction;  ///< a function in harness/triage/predictions/
  std::string witness;     ///< a scenario that must deviate, relative to the repository
  std::string near_miss;   ///< one beside it that must conform
  /// By family, the observations of the witness that it explains: of several cases, none may be
  /// lost unnoticed.
  std::map<std::string, std::uint64_t> hits;
};

/// A deviation stands to a subject in one of these ways.
enum class Applies : std::uint8_t {
  no,         ///< it is of another family, or of other versions than this one, which was measured
  claimed,    ///< its `versions` have this one
  elsewhere,  ///< its `versions` do not have this one, on which nothing was ever measured
};

/// A file that could not be used: one sentence with place and remedy.
struct DeviationError {
  std::string message;
};

/// The catalogue. A value; loaded once.
class Deviations {
 public:
  Deviations() = default;  ///< knows none
  explicit Deviations(std::vector<Deviation> list) : list_(std::move(list)) {}

  /// Every *.toml of a folder, by name; of an empty one none. Files are data: bad ones are errors,
  /// never skipped, and so is a folder of other files.
  [[nodiscard]] static std::variant<Deviations, DeviationError> load(
      const std::filesystem::path& folder);
  /// The catalogue built into the program (harness/triage/deviations/*.toml at build time).
  [[nodiscard]] static const Deviations& built_in();

  [[nodiscard]] const std::vector<Deviation>& list() const { return list_; }
  /// Some deviation was measured on this version of the family (`verified_on`). Then what is known
  /// of it is complete; of any other version it is a guess that has to be tried.
  [[nodiscard]] bool is_measured(std::string_view family, std::string_view version) const;
  [[nodiscard]] Applies applies(const Deviation& deviation, const Manifest& subject) const;
  /// A deviation may be expected on a version that nothing was measured on: the nearest version
  /// that was measured has it.
  [[nodiscard]] bool is_expected(const Deviation& deviation, const Manifest& subject) const;

 private:
  std::vector<Deviation> list_;
};

/// One file's text, checked: every field there and of its type, names known, ranges readable.
[[nodiscard]] std::variant<Deviation, DeviationError> parse_deviation(std::string_view toml,
                                                                      std::string_view file);

}  // namespace normdiff
