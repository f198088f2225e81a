#include "reference/ops/relu.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace normdiff::reference {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

void resize(Bounded& out, const Shape& shape) {
  const auto size = static_cast<std::size_t>(shape.numel());
  out.shape = shape;
  out.value.resize(size);
  out.bound.resize(size);
  out.trivial.clear();
  out.weak.clear();
}

/// Known to within a number: neither the class only nor nothing.
bool is_bounded(double error) {
  return error >= 0 && std::isfinite(error);
}

}  // namespace

void relu(const Values& x, Bounded& y) {
  resize(y, x.shape);
  for (std::size_t i = 0; i < y.value.size(); ++i) {
    const double v = x.at(static_cast<std::int64_t>(i));
    const double error = x.error == nullptr ? 0 : x.error[i];
    y.value[i] = v < 0 ? 0 : v;
    if (is_bounded(error)) {
      y.bound[i] = v < 0 ? std::max(0.0, v + error) : error;
    } else if (error < 0 || !(std::isnan(error) && !std::isinf(v))) {
      y.value[i] = 0;
      y.bound[i] = -1;  // -infinity becomes 0: not even the class is known
    } else {
      y.bound[i] = nan;
    }
  }
}

void relu_backward(const Values& x, const Values& upstream, Bounded& input_gradient) {
  resize(input_gradient, x.shape);
  for (std::size_t i = 0; i < input_gradient.value.size(); ++i) {
    const auto index = static_cast<std::int64_t>(i);
    const double v = x.at(index), g = upstream.at(index);
    const double error = x.error == nullptr ? 0 : x.error[i];
    const double g_error = upstream.error == nullptr ? 0 : upstream.error[i];
    double& value = input_gradient.value[i];
    double& bound = input_gradient.bound[i];
    const bool known = is_bounded(error) && !std::isnan(v);
    if (known && v - error > 0) {
      value = g;
      bound = g_error;
    } else if (known && v + error <= 0) {
      value = 0;
      bound = 0;
    } else if (is_bounded(g_error) && std::isfinite(g)) {
      // Either answer, 0 or upstream: what lies between them, and nothing beyond. Half of the
      // smallest subnormal is rounded.
      value = g / 2;
      bound = std::max(std::fabs(value), std::fabs(g - value)) + g_error;
    } else {
      value = 0;
      bound = -1;
    }
  }
}

}  // namespace normdiff::reference
