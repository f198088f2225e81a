#pragma once

#include <exception>

#include "harness/subjects/libtorch/run.hpp"

namespace normdiff::libtorch {

/// What a step that threw ended with: its class by name, and its text without stack trace.
[[nodiscard]] Ending describe(const std::exception& error);

}  // namespace normdiff::libtorch
