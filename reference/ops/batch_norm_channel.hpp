#pragma once

#include <cmath>
#include <cstdint>
#include <tuple>
#include <vector>

#include "reference/numeric/judge.hpp"
#include "reference/numeric/profile.hpp"

/// Private to batch_norm*.cpp: what is known of each channel, and the formulas of one element.
namespace normdiff::reference::detail {

/// The statements that can be made of a quantity, from the strongest to the most contaminating. The
/// standing of a result is the worst of its ingredients'.
enum class Standing : std::uint8_t {
  proven,           ///< within the bound
  ill_conditioned,  ///< finite; the weaker check may say more
  finite,           ///< the class only
  unknown,          ///< nothing: overflow cannot be excluded, or an input is unknown
  not_finite,       ///< an infinity came in: infinite or NaN by the order of the steps
  nan,              ///< a NaN came in
};

/// Channels of the type that the reference computes in; the profile's dtype says which is in use.
template <template <class> class OneChannel>
using ByWorkingType =
    std::tuple<std::vector<OneChannel<double>>, std::vector<OneChannel<long double>>>;

[[nodiscard]] constexpr Standing worse(Standing a, Standing b) {
  return a < b ? b : a;
}

/// A parameter or an exact input.
[[nodiscard]] inline Standing standing_of(double value) {
  return std::isfinite(value) ? Standing::proven
         : std::isnan(value)  ? Standing::nan
                              : Standing::not_finite;
}

/// An input known to within `error`, in the notation of Bounded.
[[nodiscard]] inline Standing standing_of(double value, double error) {
  if (error < 0) return Standing::unknown;
  if (!std::isfinite(value)) return std::isinf(error) ? Standing::not_finite : standing_of(value);
  return std::isfinite(error) ? Standing::proven : Standing::unknown;
}

/// Where nothing better is known than the standing itself.
template <class A>
[[nodiscard]] Expected<A> expect(Standing standing, A value) {
  switch (standing) {
    case Standing::nan:
      return expect_nan<A>();
    case Standing::not_finite:
      return expect_not_finite<A>();
    case Standing::unknown:
      return expect_anything<A>();
    default:
      return expect_finite<A>(value);
  }
}

/// The constants of one run: the profile's roundoffs and the error of sums of n terms.
struct RunConstants {
  double n = 0;  ///< values for each channel
  double u = 0;  ///< unit roundoffs, as in Profile
  double us = 0;
  double uo = 0;
  double gam = 0;    ///< relative error of the statistics' sums, the reference's own included
  double gam_b = 0;  ///< likewise of the backward sums
  double own = 0;    ///< the reference's own
  double eta = 0;    ///< as in Limits
  double min_normal = 0;
  double overflow = 0;  ///< a quarter of the largest value
  double eps = 0;
  double folded_gam = 0;  ///< as in FoldedBias
  double folded_absolute = 0;
  /// The factor of gam A1 sigma in E_V: what a running variance loses. 0: there is none.
  double welford = 0;
  bool batch_statistics = true;
};

/// One channel of a forward run. A: double for a float32 profile, long double for float64.
template <class A>
struct Channel {
  A mean = 0;
  A variance = 0;  ///< biased
  A invstd = 0;
  A weight = 1;
  A bias = 0;
  A scale = 0;  ///< weight * invstd

  double mean_error = 0;      ///< E_mu
  double variance_error = 0;  ///< E_V
  double invstd_error = 0;    ///< R, relative
  double invstd_limit = 0;    ///< no correct implementation's invstd is above

  // Bound of the output: offset + slope |x - mean| + carry E_x.
  double offset = 0;
  double slope = 0;
  double carry = 0;
  /// At |x - mean| up to here the bound reaches the trivial answer, the bias.
  double loose_below = 0;

  Standing statistics = Standing::proven;
  Standing scaling = Standing::proven;  ///< of invstd
  Standing output = Standing::proven;   ///< all of the channel's inputs together
};

/// The output where the channel is proven and x finite: value = scale (x - mean) + bias, bound =
/// offset + slope |x - mean|. V is a number or a vector of them: the formula stands here only.
template <class V, class A>
inline void output_value(const Channel<A>& c, const V& distance, V& value) {
  value = c.scale * distance + c.bias;
}
template <class V, class A>
inline void output_bound(const Channel<A>& c, const V& magnitude, V& bound) {
  bound = c.slope * magnitude + c.offset;
}

template <class A>
[[nodiscard]] Expected<A> expected_odd_output(const Channel<A>& c, const RunConstants& k, A x,
                                              double error);

template <class A>
[[nodiscard]] inline Expected<A> expected_output(const Channel<A>& c, const RunConstants& k, A x,
                                                 double error) {
  const A distance = x - c.mean;
  const auto magnitude = static_cast<double>(std::fabs(distance));
  const double reach = std::fabs(static_cast<double>(c.weight)) * c.invstd_limit;
  const double size = 2 * std::fabs(static_cast<double>(c.mean)) + magnitude + error + 1;
  const bool plain = c.output == Standing::proven && error >= 0 &&
                     reach * size + std::fabs(static_cast<double>(c.bias)) < k.overflow;
  if (!plain) return expected_odd_output(c, k, x, error);
  Expected<A> expected;
  output_value(c, distance, expected.value);
  output_bound(c, magnitude, expected.bound);
  expected.bound += c.carry * error;
  return expected;
}

/// One channel of a backward run.
template <class A>
struct GradientChannel {
  A sum = 0;         ///< G, the bias gradient
  A dot = 0;         ///< D = sum g (x - mean)
  A mean = 0;        ///< G / n; 0 in eval mode
  A projection = 0;  ///< invstd^2 D / n; 0 in eval mode

  double bias_bound = 0;
  double weight_bound = 0;
  double weight_limit = 0;  ///< no correct implementation's weight gradient is above
  // Bound of the input gradient:
  //   reach (offset + distance |x - mean| + gradient |g| + carry_x E_x + carry_g E_g)
  //   + value |dx| + absolute.
  double reach = 0;
  double absolute = 0;
  double offset = 0;
  double distance = 0;
  double gradient = 0;
  double value = 0;
  double carry_x = 0;
  double carry_g = 0;
  double projection_limit = 0;  ///< no correct implementation's projection is above
  double mean_limit = 0;        ///< nor its mean

  Standing bias_standing = Standing::proven;
  Standing weight_standing = Standing::proven;
  Standing input_standing = Standing::proven;
};

/// dx = scale (g - mean g - (x - mean) projection): training; in eval mode the last two are 0.
template <class V, class A>
inline void gradient_value(const Channel<A>& c, const GradientChannel<A>& g, const V& distance,
                           const V& upstream, V& value) {
  value = c.scale * (upstream - g.mean - distance * g.projection);
}
template <class V, class A>
inline void gradient_bound(const GradientChannel<A>& g, const V& distance, const V& upstream,
                           const V& value, V& bound) {
  bound = g.reach * (g.offset + g.distance * distance + g.gradient * upstream) + g.value * value +
          g.absolute;
}

template <class A>
[[nodiscard]] Expected<A> expected_gradient(const Channel<A>& c, const GradientChannel<A>& g,
                                            const RunConstants& k, A x, double x_error, A upstream,
                                            double upstream_error);

/// Sums over one channel's values.
template <class A>
struct ForwardSums {
  A sum = 0;
  A magnitude = 0;         ///< sum |x|
  A squares = 0;           ///< sum (x - mean)^2
  double error = 0;        ///< sum E_x
  double error_cross = 0;  ///< sum |x - mean| E_x
  double error_squares = 0;
};

template <class A>
struct BackwardSums {
  A sum = 0;             ///< G
  A magnitude = 0;       ///< G1 = sum |g|
  A dot = 0;             ///< D
  A dot_magnitude = 0;   ///< Gd = sum |g| |x - mean|
  double error = 0;      ///< sum E_g
  double dot_error = 0;  ///< sum |g| E_x + E_g (|x - mean| + E_x)
};

/// The constants of a run over n values in each channel.
[[nodiscard]] RunConstants run_constants(const Profile& profile, double n, double eps,
                                         bool batch_statistics);

/// Fills in E_mu, E_V from the sums; `c.mean` and `c.variance` are set.
template <class A>
void bound_statistics(Channel<A>& c, const RunConstants& k, const ForwardSums<A>& sums);

/// Fills in invstd and the coefficients of the output, from mean, variance, their errors, weight
/// and bias. On entry `c.statistics` is the standing of the mean, `c.scaling` that of the variance.
template <class A>
void bound_output(Channel<A>& c, const RunConstants& k);

/// Fills in a gradient channel. `g.*_standing` hold the standing of the upstream (bias), of
/// upstream and x (weight), of upstream (input) on entry.
template <class A>
void bound_gradients(GradientChannel<A>& g, const Channel<A>& c, const RunConstants& k,
                     const BackwardSums<A>& sums);

}  // namespace normdiff::reference::detail
