#pragma once

#include "harness/subjects/textbook/leaves.hpp"

namespace normdiff::textbook {

/// A norm takes its statistics over these: batch x channels x inner, those of one channel together.
/// A parameter of fewer elements than there are channels is repeated.
struct Extent {
  std::int64_t batch, channels, inner;

  [[nodiscard]] std::int64_t per_channel() const { return batch * inner; }
  /// f(index) for each value of a channel.
  template <class F>
  void each(std::int64_t channel, F f) const {
    for (std::int64_t n = 0; n < batch; ++n)
      for (std::int64_t i = 0; i < inner; ++i) f((n * channels + channel) * inner + i);
  }
};
/// The sizes of an (N, C, *) tensor as N x C x the rest.
[[nodiscard]] Extent extent_of(const Shape& shape);

[[nodiscard]] std::optional<Refusal> batch_norm_refusal(Module& module, const Tensor& input,
                                                        const Manner& manner);
/// The forward of any norm whose statistics are taken over that extent.
[[nodiscard]] Tensor normalise(Module& module, const Tensor& input, const Extent& extent,
                               const Manner& manner, Call& call);
[[nodiscard]] Gradients normalise_backward(const Call& call, const Tensor& gradient,
                                           const Extent& extent, Fault fault);

/// Mean and biased variance of each channel.
struct Statistics {
  Tensor mean, var;
};
[[nodiscard]] Statistics batch_statistics(const Tensor& input);

}  // namespace normdiff::textbook
