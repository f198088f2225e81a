#pragma once

#include <filesystem>
#include <string>
#include <variant>

#include "harness/scenario/scenario.hpp"

namespace normdiff {

/// A bad input: one sentence with place and remedy.
struct InputError {
  std::string message;
};

/// The text of a file that a person or machine handed in. Not there, a folder, larger than `limit`,
/// empty, binary or not UTF-8: an error.
[[nodiscard]] std::variant<std::string, InputError> read_text(const std::filesystem::path& path,
                                                              std::size_t limit);

/// A scenario file, parsed.
[[nodiscard]] std::variant<Scenario, InputError> read_scenario(const std::filesystem::path& path);

}  // namespace normdiff
