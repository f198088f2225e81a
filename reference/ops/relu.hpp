#pragma once

#include "reference/numeric/bounded.hpp"

namespace normdiff::reference {

/// max(x, 0), documented: https://docs.pytorch.org/docs/stable/generated/torch.nn.ReLU.html. NaN is
/// kept: not documented, what LibTorch does (ATen's clamp_min). Exact where x is exact; carries its
/// error as far as it shows.
void relu(const Values& x, Bounded& y);

/// upstream where x > 0, else 0. Derived from max(x, 0); that it is 0 at 0 is documented:
/// https://docs.pytorch.org/docs/stable/notes/autograd.html, "gradients for non-differentiable
/// functions" (the subgradient of minimum norm). Either is right where the error of x reaches
/// across 0, and where x is NaN (our choice: LibTorch passes the gradient on, threshold_backward,
/// but nothing says so): the bound spans from one to the other.
void relu_backward(const Values& x, const Values& upstream, Bounded& input_gradient);

}  // namespace normdiff::reference
