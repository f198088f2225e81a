#pragma once

#include "harness/subject/subject.hpp"

namespace normdiff {

/// Prepares the process, once, before LibTorch is used: no stack traces (they make an error cost
/// milliseconds), one thread.
void prepare_process();

/// torch::nn modules and autograd of the LibTorch that this is linked with, through its C++ front
/// end. Scenarios with an even seed are run leaf by leaf, so that the output of each leaf and the
/// gradient that reaches it are seen; the others call the module as a whole. Throws
/// std::runtime_error where the library that was loaded isn't the one it was compiled for.
[[nodiscard]] Subject make_libtorch_subject();

/// The same steps with nothing looked at: what LibTorch alone costs. Modules are called as a whole.
void run_bare(const Scenario& scenario, const Scope& scope);

}  // namespace normdiff
