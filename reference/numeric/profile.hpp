#pragma once

#include "reference/tensor/tensor.hpp"

namespace normdiff::reference {

/// The claims about an implementation's arithmetic: unit roundoffs of each kind of step.
/// A bound is proven for every implementation that keeps to its profile, or probable (`lambda`).
struct Profile {
  DType dtype = DType::float32;  ///< what inputs, outputs and statistics are stored in
  double u = 0;                  ///< element-wise arithmetic
  double ua = 0;                 ///< accumulator of the batch statistics
  double ub = 0;                 ///< sums of the backward pass
  double us = 0;                 ///< dtype of mean, invstd, running statistics, weight gradients
  double uo = 0;                 ///< dtype of the output
  bool welford = false;          ///< a running (Welford, Chan) variance in `ua` is allowed
  /// 0: the bound of a sum of k terms is proven, k u, for whatever data. Else it is probable,
  /// lambda sqrt(k) u: roundings are taken as independent, with mean zero.
  double lambda = 0;
};

/// Everything in one dtype, statistics too: in float32, LibTorch's channels_last, strided and (N,
/// C) paths.
[[nodiscard]] Profile uniform_profile(DType dtype);
/// Everything in float32, statistics accumulated in float64: LibTorch's contiguous N x C x L path
/// with more than one element for each sample and channel.
[[nodiscard]] Profile float32_double_accumulation_profile();
/// Everything in one dtype, the variance by two passes, Welford's or Chan's: any honest
/// implementation.
[[nodiscard]] Profile unknown_profile(DType dtype);

/// The same arithmetic with probable bounds (numeric/bounds.md, "Probable bounds"): an honest
/// implementation is outside them by chance once in about 10^7 sums, on data without a pattern. On
/// data with one, such as equal values, it may well be.
[[nodiscard]] Profile probable(Profile profile);

/// The profile of LibTorch's CPU batch norm for an input of this dtype, shape and layout.
/// A size of 1 can make a tensor contiguous and channels_last at once: then the looser one.
[[nodiscard]] Profile libtorch_cpu_profile(DType dtype, const Shape& input, Layout layout);

}  // namespace normdiff::reference
