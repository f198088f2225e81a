#pragma once

#include <string_view>

namespace normdiff {

/// "flag:training" matched by "flag:*": a star stands for anything, nothing included.
[[nodiscard]] bool glob_matches(std::string_view glob, std::string_view text);

}  // namespace normdiff
