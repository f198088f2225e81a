#pragma once

#include <string_view>
#include <vector>

#include "harness/subject/subject.hpp"

namespace normdiff {

/// A plain implementation of our own: simple loops in the dtype of the input, written from the
/// documentation and sharing no operation with the reference. Empty: right. A name of
/// textbook_faults(): wrong in that way. Any other: std::invalid_argument.
[[nodiscard]] Subject make_textbook_subject(std::string_view fault);

/// "biased-running-var", ...
[[nodiscard]] std::vector<std::string_view> textbook_faults();

}  // namespace normdiff
