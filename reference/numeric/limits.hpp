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

[[nodiscard]] constexpr Limits limits_of(DType dtype) {
  const DTypeFacts& facts = dtypes[dtype];
  return {4 * facts.smallest_subnormal, facts.smallest_normal, facts.largest};
}

/// The relative error of `steps` roundings of unit roundoff u in any order: gamma of the standard
/// model (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., lemma 3.1). Infinite
/// where the model says nothing (steps * u >= 1/2).
[[nodiscard]] inline double gamma_of(double steps, double u) {
  const double s = steps * u;
  return s < 0.5 ? s / (1 - s) : std::numeric_limits<double>::infinity();
}

/// The relative error of a sum of `steps` roundings: proven (lambda 0), or probable, lambda
/// sqrt(steps) u, where that is less (Higham and Mary, A New Approach to Probabilistic Rounding
/// Error Analysis, SIAM J. Sci. Comput. 41, 2019, theorem 2.4). Infinite where neither says
/// anything.
[[nodiscard]] inline double sum_error(double steps, double u, double lambda) {
  const double proven = gamma_of(steps, u);
  if (lambda == 0) return proven;
  const double probable = lambda * std::sqrt(steps) * u;
  return probable < 0.5 && probable < proven ? probable : proven;
}

/// Unit roundoff of the type the reference computes in: double or long double.
template <class A>
inline constexpr double own_roundoff = 0x1p-53;
/// x87 extended precision. Wider types only do better.
template <>
inline constexpr double own_roundoff<long double> = 0x1p-64;
static_assert(std::numeric_limits<long double>::digits >= 64,
              "float64 bounds need a long double of at least 64 bits");

template <class T>
struct WorkingType;
template <>
struct WorkingType<float> {
  using type = double;
};
template <>
struct WorkingType<double> {
  using type = long double;
};
/// Calls visit(std::type_identity<A>{}), A the type that the reference computes in for subjects of
/// a floating-point dtype: one precision above theirs.
template <class Visit>
decltype(auto) visit_working_type(DType dtype, Visit&& visit) {
  return visit_floating(dtype, [&visit]<class T>(std::type_identity<T>) {
    return visit(std::type_identity<typename WorkingType<T>::type>{});
  });
}

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
