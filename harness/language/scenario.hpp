#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/language/steps.hpp"

namespace normdiff {

struct Statement {
  std::vector<std::string> comments;  ///< full-line comments above it, without "# "
  Step step;
};

/// A short script about modules: data, parsed and never evaluated. `parse` and `print` (text.hpp)
/// give and take its one text form.
struct Scenario {
  std::vector<std::string> title;  ///< comments above the first statement
  std::vector<std::string> names;  ///< by NameId
  std::vector<Statement> statements;
  /// Keys the initial values of convolution and linear layers (scope.hpp); the generator's, 0 by
  /// hand. Written as `# seed 7` in the line below the format line where not 0.
  std::uint64_t seed = 0;

  [[nodiscard]] NameId intern(std::string_view name);  ///< finds or adds
};

}  // namespace normdiff
