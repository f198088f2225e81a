#pragma once

#include <string>
#include <string_view>

namespace normdiff {

/// The patch, as `git apply` and `patch -p1` take it, that makes `after` of the file `path`, which
/// has `before`; empty: they are the same. It is short where lines were changed in their places: a
/// text with another number of lines is replaced from its first change to its last.
[[nodiscard]] std::string unified_diff(std::string_view path, std::string_view before,
                                       std::string_view after);

}  // namespace normdiff
