#pragma once

#include <cstdint>
#include <vector>

#include "reference/numeric/limits.hpp"
#include "reference/numeric/profile.hpp"
#include "reference/ops/batch_norm.hpp"

namespace normdiff::reference {

/// The bound of a convolution where batch norms in eval right behind it may be folded
/// into it: w' = w s, b' = (b - mean) s + bias, for each of them in turn. The unfolded sums are
/// within it too. Derived in the .cpp.
struct Folding {
  /// The factors that a channel meets on the way, in size. 1 where there is nothing to say: a
  /// factor of 0, infinity or NaN makes its batch norm's own output what it is.
  struct Factors {
    double least = 1, most = 1;
  };
  double roundings = 0;          ///< of each term of a sum, beyond those of an unfolded one
  std::vector<Factors> factors;  ///< for each output of the convolution

  /// The addition to a batch norm's own bound, for a convolution of `products` (without its bias).
  [[nodiscard]] FoldedBias bias(double products, const Profile& profile) const;
  /// No weight leaves the normal numbers once folded: else nothing is known.
  [[nodiscard]] bool keeps_normal(double weight, std::size_t output, const Limits& limits) const;
};

/// The folding of the batch norms right behind a convolution of so many outputs, all of which must
/// fit them.
[[nodiscard]] Folding folding_of(const std::vector<BatchNormParameters>& behind,
                                 std::int64_t outputs);

}  // namespace normdiff::reference
