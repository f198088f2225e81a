#include "reference/ops/folding.hpp"

#include <algorithm>
#include <cmath>

namespace normdiff::reference {

// Folded: y = sum x w' + b' with w' = w s', b' = (b - m) s' + beta, T = P + 1 terms for P products;
// s = gamma / sqrt(V + eps), exact, and s' is what an implementation has. Unfolded z = sum x w + b.
//
// An error of s' that weights and bias share is a factor of s (z - m): the R of the batch norm's
// own bound. An implementation may compute s' anew for each of them: then it differs by 4 roundings
// (eps and V + eps: 2, halved by the root; the root; the quotient; times gamma).
//   A product:  s' 4, w s' 1, x w' 1, additions T - 1:                             T + 5.
//   The bias:   b - m 1, s' 4, (b - m) s' 1, + beta 1, additions T - 1:            T + 6.
// Each further batch norm multiplies and adds once more: 7 for the bias, less for the products. So
// with k of them gam = gamma(T + 2 + 7k) holds of every term:
//   |y' - y| <= gam |s| (sum |x||w| + |b|) + gam (|m||s| + |beta|) + R |s||z - m|.
// The first part is s times the bound of the convolution with 7k roundings more, which its batch
// norm carries; the second is what FoldedBias has it add; later batch norms carry both. Absolute:
// each x w' may underflow, as in an unfolded sum, but after s. What underflows before, a weight or
// a factor, loses a relative error that is not bounded: keeps_normal.
namespace {
constexpr double roundings_of_one = 7;
}  // namespace

Folding folding_of(const std::vector<BatchNormParameters>& behind, std::int64_t outputs) {
  Folding folding;
  folding.roundings = roundings_of_one * static_cast<double>(behind.size());
  folding.factors.resize(static_cast<std::size_t>(outputs));
  for (std::int64_t o = 0; o < outputs; ++o) {
    Folding::Factors& f = folding.factors[static_cast<std::size_t>(o)];
    double scale = 1;
    for (const BatchNormParameters& bn : behind) {
      const double root = std::sqrt(bn.running_var->at(o) + bn.eps);
      const double weight = bn.weight == nullptr ? 1 : std::fabs(bn.weight->at(o));
      for (const double factor : {scale / root, scale * weight / root}) {
        if (!(factor > 0 && std::isfinite(factor))) break;
        f.least = std::min(f.least, factor);
        f.most = std::max(f.most, factor);
      }
      scale *= weight / root;
    }
  }
  return folding;
}

FoldedBias Folding::bias(double products, const Profile& profile) const {
  return {gamma_of(products + 1 + 2 + roundings, profile.u),
          (products / 8 + 1) * limits_of(profile.dtype).eta};
}

bool Folding::keeps_normal(double weight, std::size_t output, const Limits& limits) const {
  const Factors& f = factors[output];
  const double size = std::fabs(weight);
  // 16: each batch norm's factor may be off by R < 1/2.
  const double least = 16 * limits.min_normal, most = limits.max / 16;
  return f.least > least && f.most < most &&
         (size == 0 || (size * f.least > least && size * f.most < most));
}

}  // namespace normdiff::reference
