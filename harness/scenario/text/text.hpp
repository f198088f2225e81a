#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "harness/language/scenario.hpp"

namespace normdiff {

/// One sentence about a bad input: where, what was expected, what was found, what to do.
struct ParseError {
  int line = 1;    ///< from 1
  int column = 1;  ///< from 1, in bytes
  std::string message;

  /// "FILE:3:7: message"
  [[nodiscard]] std::string text(std::string_view file) const;
};

/// Limits; past them a ParseError.
inline constexpr std::size_t max_scenario_bytes = std::size_t{1} << 20;
inline constexpr std::size_t max_scenario_steps = 10'000;

/// Parses and resolves: every operand exists and is of the right kind. Never evaluates anything,
/// never crashes, time and memory linear in the text.
[[nodiscard]] std::variant<Scenario, ParseError> parse(std::string_view text);

/// The canonical text: print(parse(text)) is a fixed point. Ends with a newline.
[[nodiscard]] std::string print(const Scenario& scenario);
/// One statement on one line, for tables and messages: "net.bn.eval()".
[[nodiscard]] std::string print(const Scenario& scenario, const Step& step);

}  // namespace normdiff
