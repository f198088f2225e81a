#pragma once

#include "harness/subjects/textbook/leaves.hpp"

namespace normdiff::textbook {

[[nodiscard]] std::optional<Refusal> batch_norm_refusal(Module& module, const Tensor& input,
                                                        const Manner& manner);
[[nodiscard]] Tensor batch_norm(Module& module, const Tensor& input, const Manner& manner,
                                Call& call);
[[nodiscard]] Gradients batch_norm_backward(const Call& call, const Tensor& gradient, Fault fault);

/// Mean and biased variance of each channel.
struct Statistics {
  Tensor mean, var;
};
[[nodiscard]] Statistics batch_statistics(const Tensor& input);

}  // namespace normdiff::textbook
