#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "reference/numeric/bounded.hpp"
#include "reference/numeric/judge.hpp"
#include "reference/numeric/limits.hpp"
#include "reference/numeric/profile.hpp"

/// Private to the linear operations: sums of products with the bound of any order of summation.
namespace normdiff::reference::detail {

/// One side of the products, read into A once.
template <class A>
struct Operand {
  std::vector<A> value;
  const double* error = nullptr;
  /// Something is NaN, infinite, or not known to within an error.
  bool odd = false;

  void read(const Values& from) {
    const auto n = static_cast<std::size_t>(from.shape.numel());
    value.resize(n);
    error = from.error;
    odd = false;
    for (std::size_t i = 0; i < n; ++i) {
      const double v = from.at(static_cast<std::int64_t>(i));
      value[i] = v;
      odd |= !std::isfinite(v);
      if (error != nullptr) odd |= !(error[i] >= 0 && std::isfinite(error[i]));
    }
  }
  [[nodiscard]] double error_at(std::size_t i) const { return error == nullptr ? 0 : error[i]; }
};

/// Buffers that stay from call to call. Not shared between threads.
template <class A>
struct Operands {
  Operand<A> input, weight, upstream;
};
template <class A>
Operands<A>& operands() {
  thread_local Operands<A> kept;
  return kept;
}

/// sum a b with a bound. a and b are within E_a, E_b of what the implementation has:
/// |sum a'b' - sum a b| <= sum |a| E_b + |b| E_a + E_a E_b.
template <class A>
class ProductSum {
 public:
  void add(const Operand<A>& a, std::size_t i, const Operand<A>& b, std::size_t j) {
    const A product = a.value[i] * b.value[j];
    sum_ += product;
    magnitude_ += std::fabs(product);
    const double a_error = a.error_at(i), b_error = b.error_at(j);
    if (a.error != nullptr || b.error != nullptr) {
      const auto a_size = static_cast<double>(std::fabs(a.value[i]));
      const auto b_size = static_cast<double>(std::fabs(b.value[j]));
      carried_ += a_size * b_error + b_size * a_error + a_error * b_error;
    }
    if (a.odd) note(a.value[i], a_error);
    if (b.odd) note(b.value[j], b_error);
  }
  /// An exact term, the bias; it counts as a product.
  void add(A term) {
    sum_ += term;
    magnitude_ += std::fabs(term);
    note(term, 0);
  }
  void add(const Operand<A>& a, std::size_t i) {
    sum_ += a.value[i];
    magnitude_ += std::fabs(a.value[i]);
    carried_ += a.error_at(i);
    if (a.odd) note(a.value[i], a.error_at(i));
  }
  /// Nothing is known of a term.
  void spoil() { unknown_ = true; }
  /// A zero of padding times b: nothing, unless b is NaN or infinite or may be, and then
  /// implementations that skip the padding differ from those that multiply. Our choice: zero
  /// padding is documented (torch.nn.Conv2d), whether it is multiplied is not.
  void add_padding(const Operand<A>& b, std::size_t j) {
    if (b.odd && (!std::isfinite(b.value[j]) || b.error_at(j) < 0)) unknown_ = true;
  }

  /// gam (sum |a||b| + carried) + carried + uo |y| + eta, gam = (K+2)u / (1 - (K+2)u), for
  /// `products` K, padding and bias included. The absolute part is K/8 eta more than that of one
  /// rounding: each product may underflow, and lose half the smallest subnormal. `extra` roundings
  /// more where each term may be multiplied by something first, of size `most`.
  [[nodiscard]] Expected<A> finish(double products, const Profile& profile, const Limits& limits,
                                   double extra = 0, double most = 1) const {
    if (nan_) return expect_nan<A>();
    if (not_finite_) return expect_not_finite<A>();
    if (unknown_) return expect_anything<A>();
    const double size = static_cast<double>(magnitude_) + carried_;
    if (!(size * most < limits.max * (1 - 1e-6))) return expect_anything<A>();
    const double gam = gamma_of(products + 2 + extra, profile.u);
    if (!std::isfinite(gam)) return expect_finite<A>(sum_);
    const double own = (products + 2) * own_roundoff<A>;
    const double bound = (gam + own) * size + carried_ +
                         profile.uo * static_cast<double>(std::fabs(sum_)) +
                         (products / 8 + 1) * limits.eta;
    // Above, rounding may take a finite sum over the edge.
    if (!((size + bound) * most < limits.max)) return expect_anything<A>();
    return {sum_, bound * own_slack};
  }

 private:
  void note(A value, double error) {
    if (error < 0) {
      unknown_ = true;
    } else if (std::isfinite(value)) {
      unknown_ |= !std::isfinite(error);
    } else if (std::isnan(value) && !std::isinf(error)) {
      nan_ = true;
    } else {
      not_finite_ = true;
    }
  }

  A sum_ = 0;
  A magnitude_ = 0;
  double carried_ = 0;
  bool nan_ = false;
  bool not_finite_ = false;
  bool unknown_ = false;
};

inline void resize(Bounded& out, const Shape& shape) {
  const auto size = static_cast<std::size_t>(shape.numel());
  out.shape = shape;
  out.value.resize(size);
  out.bound.resize(size);
  out.trivial.clear();
  out.weak.clear();
}

template <class A>
void store(Bounded& out, std::size_t i, Expected<A> expected) {
  out.value[i] = stored(expected.value, expected.bound);
  out.bound[i] = expected.bound;
}

}  // namespace normdiff::reference::detail
