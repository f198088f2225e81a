#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace normdiff {

/// A check as CLI::Option::check takes it: a sentence about a text that will not do, or nothing.
using OptionCheck = std::function<std::string(const std::string&)>;

/// A variable of a script that was never set is not the same as no option.
[[nodiscard]] OptionCheck not_empty();
/// Digits, and nothing else; no 0 before them, which would make it octal to some.
[[nodiscard]] OptionCheck whole_number(std::uint64_t least, std::uint64_t most);

}  // namespace normdiff
