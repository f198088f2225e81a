#pragma once

#include "reference/numeric/bounded.hpp"
#include "reference/numeric/profile.hpp"
#include "reference/ops/folding.hpp"

namespace normdiff::reference {

/// Cross-correlation of x (N, I, H, W) with weight (O, I, K, K), zero padding; bias (O) or null.
/// Output (N, O, (H + 2 padding - K) / stride + 1, likewise W). The sizes must fit (the module
/// checks). Bound: gam sum|a||b| + uo|y| + eta, gam = (P+2)u / (1-(P+2)u), P products (and the
/// bias), any order of summation; plus |weight| error(x). Documented:
/// https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html. `folding`, where given:
/// batch norms behind it may have been folded into it.
void conv2d(const Values& x, const Tensor& weight, const Tensor* bias, std::int64_t stride,
            std::int64_t padding, const Profile& profile, Bounded& y,
            const Folding* folding = nullptr);

/// Any of the three outputs may be null.
void conv2d_backward(const Values& x, const Tensor& weight, const Values& upstream,
                     std::int64_t stride, std::int64_t padding, const Profile& profile,
                     Bounded* input_gradient, Bounded* weight_gradient, Bounded* bias_gradient);

}  // namespace normdiff::reference
