#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "reference/numeric/bounded.hpp"

namespace normdiff::reference {

/// The knowledge of one element, in the notation of Bounded, plus one: an infinite bound beside a
/// NaN says that the value is not finite, infinity or NaN.
template <class A>
struct Expected {
  A value = 0;
  double bound = 0;
  bool weak =
      false;  ///< holds for an ill-conditioned channel: |observed - value| <= bound proves little
};

template <class A>
constexpr Expected<A> expect_nan() {
  return {std::numeric_limits<A>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN()};
}
template <class A>
constexpr Expected<A> expect_not_finite() {
  return {std::numeric_limits<A>::quiet_NaN(), std::numeric_limits<double>::infinity()};
}
/// Finite, however far from `value`.
template <class A>
constexpr Expected<A> expect_finite(A value) {
  return {value, std::numeric_limits<double>::quiet_NaN()};
}
/// Not even the class.
template <class A>
constexpr Expected<A> expect_anything() {
  return {0, -1};
}

/// The knowledge of a sum that is rounded once, to nearest, with unit roundoff `u`.
[[nodiscard]] inline Expected<double> sum(const Expected<double>& a, const Expected<double>& b,
                                          double u) {
  const double value = a.value + b.value;
  if (a.bound < 0 || b.bound < 0) return expect_anything<double>();
  const bool a_is_finite = std::isfinite(a.value), b_is_finite = std::isfinite(b.value);
  if (a_is_finite && b_is_finite) {
    // However far from its value, a finite one may still overflow.
    if (std::isnan(a.bound) || std::isnan(b.bound)) return expect_anything<double>();
    const double bound = a.bound + b.bound;
    return {value, bound + (u + 0x1p-53) * (std::abs(value) + bound)};  // this addition rounds too
  }
  const auto surely_nan = [](const Expected<double>& e) {
    return std::isnan(e.value) && e.bound != std::numeric_limits<double>::infinity();
  };
  if (surely_nan(a) || surely_nan(b)) return expect_nan<double>();
  // The sign of an infinity is not stated: two of them may meet as a NaN.
  if (std::isinf(value) && a_is_finite != b_is_finite) return {value, std::nan("")};
  return expect_not_finite<double>();
}

/// Keeps the element furthest out. An `outside` one has a ratio above 1, so it beats any other.
inline void note_worst(Comparison& c, std::int64_t index, double ratio, double expected,
                       double observed, double bound) {
  if (c.worst_index >= 0 && !(ratio > c.worst_ratio)) return;
  c.worst_ratio = ratio;
  c.worst_index = index;
  c.worst_expected = expected;
  c.worst_observed = observed;
  c.worst_bound = bound;
}

/// Counts one observed element. `reach`: the distance from the exact value to the trivial answer.
template <class A>
void judge(Comparison& c, std::int64_t index, const Expected<A>& expected, double observed,
           double reach) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const auto value = static_cast<double>(expected.value);
  const double bound = expected.bound;
  if (bound < 0) {
    ++c.ill_conditioned;
    return;
  }
  const bool class_only = std::isnan(bound) || (std::isnan(value) && bound == infinity);
  if (class_only) {
    const bool agrees = bound == infinity   ? !std::isfinite(observed)
                        : std::isnan(value) ? std::isnan(observed)
                        : std::isinf(value) ? std::isinf(observed)
                                            : std::isfinite(observed);
    if (!agrees) {
      ++c.outside;
      note_worst(c, index, infinity, value, observed, bound);
    } else {
      ++(std::isfinite(value) ? c.ill_conditioned : c.poisoned);
    }
    return;
  }
  if (observed == value || (std::isnan(observed) && std::isnan(value))) {
    ++(expected.weak ? c.ill_conditioned : bound >= reach ? c.loose : c.within);
    note_worst(c, index, 0, value, observed, bound);
    return;
  }
  const auto distance = static_cast<double>(std::fabs(static_cast<A>(observed) - expected.value));
  const bool inside = distance <= bound;
  if (!inside) {
    ++c.outside;
  } else if (expected.weak) {
    ++c.ill_conditioned;
  } else {
    ++(bound >= reach ? c.loose : c.within);
  }
  // Rounding may put the ratio of an outside element at 1: keep it above.
  const double ratio = distance / bound;
  note_worst(c, index,
             inside              ? ratio
             : ratio > 1         ? ratio
             : std::isnan(ratio) ? infinity
                                 : 1 + 0x1p-52,
             value, observed, bound);
}

}  // namespace normdiff::reference
