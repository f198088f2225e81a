#pragma once

#include "harness/check/verdict.hpp"
#include "harness/model/expectations.hpp"

namespace normdiff {

/// The verdict on a whole tensor: that of most of its elements, unless one is outside its bound.
[[nodiscard]] Verdict verdict_of(const reference::Comparison& comparison);

/// The observed tensor, if it has these facts; else null.
[[nodiscard]] const ObservedTensor* tensor_with(const TensorFacts& facts, const Value* observed);

}  // namespace normdiff
