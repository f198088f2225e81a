#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <variant>

namespace normdiff {

/// A bad input: one sentence with place and remedy.
struct InputError {
  std::string message;
};

/// The text of a file that a person or machine handed in; "-" is the standard input, and a pipe is
/// read to its end. Not there, a folder, larger than `limit`, empty, binary or not UTF-8: an error.
/// `remedy` is what to do about one that is empty or no text.
[[nodiscard]] std::variant<std::string, InputError> read_text(const std::filesystem::path& path,
                                                              std::size_t limit,
                                                              std::string_view remedy);

}  // namespace normdiff
