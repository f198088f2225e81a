#pragma once

#include <optional>
#include <string>
#include <string_view>

/// A user of PyTorch writes these by habit; the functions say what a scenario has in their place.
namespace normdiff {

/// A sentence answers a line that begins with a keyword of Python: it says what to write.
[[nodiscard]] std::string instead_of_statement(std::string_view keyword);

/// A sentence answers a character that no scenario has outside of comments and strings.
[[nodiscard]] std::string instead_of_character(char character);

/// A scenario has this in place of a method that PyTorch has; nullopt: nothing comes to mind.
[[nodiscard]] std::optional<std::string_view> instead_of_method(std::string_view method);

/// The same of an attribute that can't be assigned, and of a keyword that a call does not take.
[[nodiscard]] std::optional<std::string_view> instead_of_attribute(std::string_view attribute);
[[nodiscard]] std::optional<std::string_view> instead_of_keyword(std::string_view keyword);

/// The same of a function or class, by the last part of its name: "randn" of torch.randn.
[[nodiscard]] std::optional<std::string_view> instead_of_function(std::string_view function);

}  // namespace normdiff
