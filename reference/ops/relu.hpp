#pragma once

#include "reference/numeric/bounded.hpp"

namespace normdiff::reference {

/// max(x, 0), NaN kept. Exact where x is exact; carries its error where not.
void relu(const Values& x, Bounded& y);

/// upstream where x > 0, else 0. Where the error of x reaches across 0 either is right: the bound
/// says so.
void relu_backward(const Values& x, const Values& upstream, Bounded& input_gradient);

}  // namespace normdiff::reference
