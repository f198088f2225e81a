#pragma once

#include "harness/subjects/textbook/leaves.hpp"

namespace normdiff::textbook {

[[nodiscard]] std::optional<Refusal> batch_norm_refusal(Module& module, const Tensor& input);
[[nodiscard]] Tensor batch_norm(Module& module, const Tensor& input, Fault fault, Call& call);
[[nodiscard]] Gradients batch_norm_backward(const Call& call, const Tensor& gradient, Fault fault);

}  // namespace normdiff::textbook
