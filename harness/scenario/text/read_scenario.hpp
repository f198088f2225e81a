#pragma once

#include <filesystem>
#include <variant>

#include "harness/language/scenario.hpp"
#include "harness/os/read_file.hpp"

namespace normdiff {

/// A scenario file, parsed. One without steps is an error: it was cut.
[[nodiscard]] std::variant<Scenario, InputError> read_scenario(const std::filesystem::path& path);

}  // namespace normdiff
