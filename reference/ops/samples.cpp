#include "reference/ops/samples.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "reference/numeric/judge.hpp"
#include "reference/numeric/limits.hpp"

namespace normdiff::reference {
namespace {

/// The sum of one channel, with a bound for n - 1 additions and `more` roundings of any partial
/// sum. Terms v_i are known to within B_i, and no partial sum of theirs is above
///   reach = sum (|v_i| + B_i) + more_reach,
/// so that the error is sum B_i + gamma(n - 1 + more) reach (Higham, 2nd ed., section 4.2). Near
/// overflow of a partial sum nothing is claimed.
Expected<double> sum_of(const Bounded& each, std::size_t channel, std::size_t channels,
                        double more_reach, int more, const Profile& profile) {
  Expected<double> total;
  double reach = more_reach;
  std::size_t terms = 0;
  for (std::size_t i = channel; i < each.value.size(); i += channels, ++terms) {
    // `sum` knows what comes of values that are not finite; the rounding here is its own.
    total = sum(total, {each.value[i], each.bound[i]}, 0);
    reach += std::abs(each.value[i]) + std::max(each.bound[i], 0.0);
  }
  if (total.bound < 0 || !std::isfinite(total.value) || std::isnan(total.bound)) return total;
  if (!(reach < limits_of(profile.dtype).max / 4)) return expect_anything<double>();
  const double steps = static_cast<double>(terms) + more;
  total.bound =
      (total.bound + gamma_of(steps, std::max(profile.u, profile.us)) * reach) * own_slack;
  return total;
}

void resize(Bounded& out, std::int64_t channels) {
  out.shape = Shape{channels};
  for (auto* part : {&out.value, &out.bound, &out.trivial})
    part->assign(static_cast<std::size_t>(channels), 0);
  out.weak.clear();
}

}  // namespace

Tensor repeated(const Tensor& tensor, std::int64_t times) {
  const std::int64_t n = tensor.numel();
  Tensor copies(tensor.dtype(), Shape{n * times});
  const std::size_t bytes = static_cast<std::size_t>(n) * size_of(tensor.dtype());
  for (std::int64_t i = 0; bytes > 0 && i < times; ++i)
    std::memcpy(static_cast<std::byte*>(copies.data()) + static_cast<std::size_t>(i) * bytes,
                tensor.data(), bytes);
  return copies;
}

void sum_over_samples(const Bounded& each, std::int64_t channels, const Profile& profile,
                      Bounded& out) {
  resize(out, channels);
  out.trivial.clear();
  for (std::size_t c = 0; c < out.value.size(); ++c) {
    const Expected<double> total = sum_of(each, c, out.value.size(), 0, 0, profile);
    out.value[c] = total.value;
    out.bound[c] = total.bound;
  }
}

// Three more roundings: the division, the reference's own, and with one update for all samples
// those of the `rest`s, each no larger than |v_i| + |keep running|, summed and divided before it.
// eta: the division may underflow.
void mean_over_samples(const Bounded& each, std::int64_t channels, double keep,
                       const Profile& profile, Bounded& out) {
  resize(out, channels);
  const auto n = static_cast<double>(each.value.size()) / static_cast<double>(channels);
  for (std::size_t c = 0; c < out.value.size(); ++c) {
    const double running = each.trivial[c];
    const Expected<double> total =
        sum_of(each, c, out.value.size(), n * std::abs(keep * running), 3, profile);
    out.trivial[c] = running;
    out.value[c] = total.value / n;
    out.bound[c] = total.bound < 0 ? total.bound : total.bound / n + limits_of(profile.dtype).eta;
  }
}

}  // namespace normdiff::reference
