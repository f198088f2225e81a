#include "harness/cli/subject_options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace normdiff {

void add_subject_options(CLI::App& command, SubjectOptions& options,
                         const std::vector<std::string>& families) {
  command
      .add_option(
          "--subject,-s", options.subjects,
          fmt::format("Run on this one, as normdiff subjects names it; repeatable (default: "
                      "the newest of {}, each of which must be there)",
                      fmt::join(families, ", ")))
      ->allow_extra_args(false);  // what follows it may be a file
  command
      .add_option("--without", options.without,
                  "Leave out a family that need not be there, as python; repeatable")
      ->allow_extra_args(false);
}

std::variant<std::vector<FoundSubject>, std::string> chosen_subjects(
    const SubjectOptions& options, const std::vector<std::string>& families,
    const SubjectPlaces& places) {
  if (!options.subjects.empty() && !options.without.empty())
    return "--subject and --without can't both be given; leave one out";
  if (!options.subjects.empty()) {
    auto resolved = resolve_subjects(options.subjects, places);
    if (const auto* error = std::get_if<SubjectError>(&resolved)) return error->message;
    return std::get<std::vector<FoundSubject>>(std::move(resolved));
  }
  std::vector<std::string> wanted = families;
  for (const std::string& family : options.without)
    if (std::erase(wanted, family) == 0 && std::ranges::find(families, family) == families.end())
      return fmt::format("there is no family {} to leave out; there are {}", family,
                         fmt::join(families, ", "));
  if (wanted.empty()) return "--without leaves nothing to run on; leave one of them out";
  return default_subjects(places, wanted);
}

}  // namespace normdiff
