#pragma once

#include <string>
#include <variant>

#include "harness/triage/deviations.hpp"

namespace normdiff {

/// The catalogue of a folder, or the one built in where `folder` is empty; else a sentence.
[[nodiscard]] std::variant<Deviations, std::string> load_catalogue(const std::string& folder);

}  // namespace normdiff
