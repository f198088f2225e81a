#pragma once

#include <string>

namespace normdiff {

/// The language reference, as Markdown, printed from the data of steps, layers and rules.
[[nodiscard]] std::string language_reference();

/// The tokens of the language, as a dictionary of libFuzzer, from the same data.
[[nodiscard]] std::string fuzzing_dictionary();

}  // namespace normdiff
