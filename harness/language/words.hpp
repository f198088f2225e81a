#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace normdiff {

/// The longest name of a statement or child.
inline constexpr std::size_t max_name_length = 64;

/// Why `word` can't be the name of a statement's result: one sentence; nullopt: it can.
[[nodiscard]] std::optional<std::string> name_problem(std::string_view word);
/// Why `word` can't be the name of a child of a module.
[[nodiscard]] std::optional<std::string> child_name_problem(std::string_view word);

[[nodiscard]] bool is_identifier(std::string_view word);
[[nodiscard]] bool is_python_keyword(std::string_view word);
/// A word that later formats of the language have, and this one has not.
[[nodiscard]] bool is_later_word(std::string_view word);

}  // namespace normdiff
