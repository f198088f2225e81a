#pragma once

#include <string>

#include "harness/trace/trace.hpp"

namespace normdiff {

/// "True", "0.1", "None", "[0.25 0.5 ...]".
[[nodiscard]] std::string print(const Value& value);

}  // namespace normdiff
