#pragma once

#include <array>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/scenario/scenario.hpp"

namespace normdiff {

/// What a family of subjects does with each kind of step: harness/subjects/support.toml.
struct Support {
  std::string family;
  /// By step kind: empty where it is supported, else why not (wholly, or "partly: ...").
  std::array<std::string, step_kind_count> reasons;
};

/// The table's text, checked: every family names every kind of step. Else one sentence.
[[nodiscard]] std::variant<std::vector<Support>, std::string> parse_support(std::string_view toml);

/// The table built into the program.
[[nodiscard]] const std::vector<Support>& support_table();

/// Whether the table has it: "libtorch", "python", "textbook".
[[nodiscard]] bool is_family(std::string_view name);

/// Why a subject of this family may answer `unsupported` to this kind of step; nullptr: it may not,
/// and one that does is a harness error. A family that isn't in the table may decline anything.
[[nodiscard]] const char* unsupported_reason(std::string_view family, std::size_t step_kind);

}  // namespace normdiff
