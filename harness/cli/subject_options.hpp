#pragma once

#include <CLI/App.hpp>
#include <string>
#include <variant>
#include <vector>

#include "harness/campaign/subjects.hpp"

namespace normdiff {

/// The subjects of a command, as its options say it.
struct SubjectOptions {
  std::vector<std::string> subjects;  ///< --subject
  std::vector<std::string> without;   ///< --without: families that need not be there
};

/// Adds --subject and --without. `families`: those that the command runs on where none is named.
void add_subject_options(CLI::App& command, SubjectOptions& options,
                         const std::vector<std::string>& families);

/// The subjects that were named, or one of each family that was not left out; a family that should
/// be there and is not has its `problem`. A name that will not do: one sentence.
[[nodiscard]] std::variant<std::vector<FoundSubject>, std::string> chosen_subjects(
    const SubjectOptions& options, const std::vector<std::string>& families,
    const SubjectPlaces& places);

}  // namespace normdiff
