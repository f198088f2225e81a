#pragma once

#include <cmath>
#include <limits>

#include "reference/tensor/tensor.hpp"

namespace normdiff::reference {

/// The range of a floating-point dtype, for the parts of a bound that are absolute.
struct Limits {
  double eta;         ///< 4 x the smallest subnormal: what a few underflowing steps can lose
  double min_normal;  ///< below it a result no longer keeps a relative error of one unit roundoff
  double max;         ///< the largest finite value
};

/// dtype float32 or float64.
[[nodiscard]] constexpr Limits limits_of(DType dtype) {
  if (dtype == DType::float32)
    return {4.0 * std::numeric_limits<float>::denorm_min(), std::numeric_limits<float>::min(),
            std::numeric_limits<float>::max()};
  return {4 * std::numeric_limits<double>::denorm_min(), std::numeric_limits<double>::min(),
          std::numeric_limits<double>::max()};
}

/// The relative error of `steps` roundings of unit roundoff u in any order: gamma of the standard
/// model (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., lemma 3.1). Infinite
/// where the model says nothing (steps * u >= 1/2).
[[nodiscard]] inline double gamma_of(double steps, double u) {
  const double s = steps * u;
  return s < 0.5 ? s / (1 - s) : std::numeric_limits<double>::infinity();
}

/// Unit roundoff of the type the reference computes in: double or long double.
template <class A>
inline constexpr double own_roundoff = 0x1p-53;
/// x87 extended precision. Wider types only do better.
template <>
inline constexpr double own_roundoff<long double> = 0x1p-64;
static_assert(std::numeric_limits<long double>::digits >= 64,
              "float64 bounds need a long double of at least 64 bits");

/// Bounds are computed in double and the exact values in one precision above the subject's at the
/// least: the rounding of both is below this factor's excess (2^-11 of one subject rounding).
inline constexpr double own_slack = 1 + 0x1p-10;

/// A value of A as it is stored in a Bounded: what rounding to double loses is added to the bound.
inline double stored(double value, double&) {
  return value;
}
inline double stored(long double value, double& bound) {
  const auto rounded = static_cast<double>(value);
  if (bound >= 0 && std::isfinite(value) && rounded != value)
    bound += 0x1p-53 * std::fabs(rounded) + std::numeric_limits<double>::denorm_min();
  return rounded;
}

}  // namespace normdiff::reference
