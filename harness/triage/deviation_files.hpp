#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "harness/triage/deviations.hpp"

namespace normdiff {

/// The text of a deviation's file, and its path: below the repository where it is built in, else
/// below the folder as it was named.
struct DeviationFile {
  std::string path;
  std::string text;
};

/// Every *.toml of a folder, by name; of an empty one none. What can't be read is an error, never
/// skipped, and so is a folder of other files.
[[nodiscard]] std::variant<std::vector<DeviationFile>, DeviationError> read_deviation_files(
    const std::filesystem::path& folder);
/// Those built into the program, as harness/triage/deviations/ID.toml.
[[nodiscard]] std::vector<DeviationFile> built_in_deviation_files();

/// The catalogue of these files; the first that is bad is an error.
[[nodiscard]] std::variant<Deviations, DeviationError> parse_deviations(
    const std::vector<DeviationFile>& files);

/// The part of a deviation's file that measuring it settles.
struct Measured {
  std::string versions;
  std::vector<std::string> verified_on;
  std::map<std::string, std::uint64_t> hits;

  [[nodiscard]] static Measured of(const Deviation& deviation);
  bool operator==(const Measured&) const = default;
};

/// The text of a file that says this, with everything else as it was: comments, order and layout.
/// `file` can be parsed, and `measured.hits` has its families.
[[nodiscard]] std::string with_measured(const DeviationFile& file, const Measured& measured);

}  // namespace normdiff
