#pragma once

#include "reference/numeric/bounded.hpp"
#include "reference/numeric/profile.hpp"
#include "reference/ops/folding.hpp"

namespace normdiff::reference {

/// How the windows of a convolution lie: alike in every dimension, with zeros around the input.
struct Windows {
  std::int64_t stride = 1;
  std::int64_t padding = 0;
  std::int64_t groups = 1;  ///< of channels; each has the weights of its own outputs

  /// How many windows of `kernel` there are along a dimension; 0 or less: none fits.
  [[nodiscard]] std::int64_t count(std::int64_t size, std::int64_t kernel) const {
    const std::int64_t room = size + 2 * padding - kernel;
    return room < 0 ? 0 : room / stride + 1;
  }
};

/// Cross-correlation of x (N, I, sizes...) with weight (O, I / groups, kernel...) in one to three
/// dimensions, zero padding; bias (O) or null. Output (N, O, windows...). The sizes must fit (the
/// layer checks). Bound: gam sum|a||b| + uo|y| + eta, gam = (P+2)u / (1-(P+2)u), P products (and
/// the bias), any order of summation; plus |weight| error(x). Documented:
/// https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html. `folding`, where given:
/// batch norms behind it may have been folded into it.
void conv(const Values& x, const Tensor& weight, const Tensor* bias, const Windows& windows,
          const Profile& profile, Bounded& y, const Folding* folding = nullptr);

/// Any of the three outputs may be null.
void conv_backward(const Values& x, const Tensor& weight, const Values& upstream,
                   const Windows& windows, const Profile& profile, Bounded* input_gradient,
                   Bounded* weight_gradient, Bounded* bias_gradient);

}  // namespace normdiff::reference
