#pragma once

#include "reference/numeric/bounded.hpp"
#include "reference/numeric/profile.hpp"
#include "reference/ops/folding.hpp"

namespace normdiff::reference {

/// y = x weight^T + bias. x (..., I), weight (O, I), bias (O), one value for all outputs or
/// null; y (..., O). Bound as conv; with `folding`, batch norms over the
/// outputs may be part of it.
/// Documented: https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html
void linear(const Values& x, const Tensor& weight, const Tensor* bias, const Profile& profile,
            Bounded& y, const Folding* folding = nullptr);

/// Any of the three outputs may be null; the gradient of the bias has its shape.
void linear_backward(const Values& x, const Tensor& weight, const Tensor* bias,
                     const Values& upstream, const Profile& profile, Bounded* input_gradient,
                     Bounded* weight_gradient, Bounded* bias_gradient);

}  // namespace normdiff::reference
