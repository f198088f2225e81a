#pragma once

#include <string_view>
#include <utility>
#include <vector>

/// Data files of the source tree that are built into the program (cmake/embed.cmake), so that it
/// runs without the tree.
namespace normdiff::embedded {

/// harness/check/error_kinds.toml
[[nodiscard]] std::string_view error_kinds();
/// harness/subject/support.toml
[[nodiscard]] std::string_view support();
/// harness/triage/deviations/*.toml: (file name, text), by name.
[[nodiscard]] const std::vector<std::pair<std::string_view, std::string_view>>& deviations();
/// harness/subjects/python/*.py: (file name, text), by name.
[[nodiscard]] const std::vector<std::pair<std::string_view, std::string_view>>& python_worker();
/// The commit that was built, "4dbd65e1f0", with "-modified" where files differ from it
/// (cmake/commit.cmake); "unknown commit": there was no git to ask.
[[nodiscard]] std::string_view commit();

}  // namespace normdiff::embedded
