#pragma once

#include <filesystem>
#include <variant>

#include "harness/language/scenario.hpp"
#include "harness/os/read_file.hpp"

namespace normdiff {

/// A sentence says how to make a scenario of a file that is none.
inline constexpr std::string_view scenario_remedy =
    "a scenario is a text with the first line \"# normdiff-scenario 1\", and a trace is called "
    "*.jsonl";

/// A scenario file, parsed. One without steps is an error: it was cut.
[[nodiscard]] std::variant<Scenario, InputError> read_scenario(const std::filesystem::path& path);

}  // namespace normdiff
