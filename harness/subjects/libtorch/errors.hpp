#pragma once

#include <exception>

#include "harness/subjects/libtorch/run.hpp"

namespace normdiff::libtorch {

/// The ending of a step that threw: its class by name, and its text without stack trace.
[[nodiscard]] Ending describe(const std::exception& error);

}  // namespace normdiff::libtorch
