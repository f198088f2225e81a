#pragma once

#include "harness/subject/subject.hpp"

namespace normdiff {

/// Adds what every subject on this machine has in common: the system, the processor, normdiff with
/// its commit. Called in the process of the subject.
void add_machine(Facts& facts);

/// "torch: 2.13.0+cpu", one fact a line, for a bug report. Control characters are written out.
[[nodiscard]] std::string to_paste(const Facts& facts);

}  // namespace normdiff
