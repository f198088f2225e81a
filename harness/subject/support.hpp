#pragma once

#include <array>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/scenario/scope.hpp"

namespace normdiff {

/// The part of a kind of step that a family of subjects may decline.
enum class Declines : std::uint8_t {
  nothing,
  everything,
  // Parts of a kind of step whose rest it does, by their names in the table:
  sequential,   ///< "a Sequential": as the module that the step is about
  cast,         ///< "what was cast": behind any cast, without which there are no two dtypes
  artefact,     ///< "an artefact": as what is called
  no_momentum,  ///< "momentum None": of an instance norm
  anything,     ///< "anything": what it depends on is not in the scenario
};

/// The support that a family of subjects has for each kind of step: harness/subject/support.toml.
struct Support {
  struct Row {
    Declines declines = Declines::nothing;
    std::string why;  ///< empty where it declines nothing
  };
  std::string family;
  std::array<Row, step_kind_count> rows;  ///< by step kind
};

/// The table's text, checked: every family names every capability. Else one sentence.
[[nodiscard]] std::variant<std::vector<Support>, std::string> parse_support(std::string_view toml);

/// The table built into the program.
[[nodiscard]] const std::vector<Support>& support_table();

/// The table has a family of this name: "libtorch", "python", "textbook".
[[nodiscard]] bool is_family(std::string_view name);

/// Why a subject of this family never does this kind of step, or is not known to; nullptr: it does,
/// if not always.
[[nodiscard]] const char* never_does(std::string_view family, std::size_t step_kind);

/// A subject of this family may answer `unsupported` to a step whose operands are there.
/// One that may not, and does, is a harness error. A family that isn't in the table may decline
/// anything. `there`: the layer of the module that the step works on, as it really stands there;
/// null: it works on none.
[[nodiscard]] bool may_decline(std::string_view family, const Scenario& scenario,
                               const Scope& scope, std::size_t step, const reference::Layer* there);

}  // namespace normdiff
