#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "reference/enums.hpp"
#include "reference/numeric/profile.hpp"

namespace normdiff::reference {

/// Which arithmetic to bound: the profile of a batch norm on an input, and whether batch norms in
/// eval may have been folded into the convolution right before them.
struct Arithmetic {
  std::function<Profile(DType, const Shape&, std::optional<Layout>)> batch_norm;
  bool may_fold = false;
};
/// LibTorch's CPU kernels; an unknown layout gets the loosest of them.
[[nodiscard]] const Arithmetic& libtorch_cpu();
/// Any honest implementation.
[[nodiscard]] const Arithmetic& any_implementation();

/// The kernels that an implementation computes with, as far as their bounds are derived.
enum class Kernels : std::uint8_t {
  any,  ///< of any honest implementation: what is proven, and nothing else
  libtorch_cpu,
  stable,  ///< two passes or Welford's, sums in any order, in the working dtype or a wider one
};
template <>
inline constexpr Names<Kernels> names_of<Kernels> = {"any", "libtorch_cpu", "stable"};

/// The two kinds of bound: no right implementation is outside the proven one; outside the probable
/// one it is by chance, once in about 10^7 sums, or where the data have a pattern.
enum class Tier : std::uint8_t { proven, probable };

/// Kernels that have no probable bounds, all but stable ones, have the proven ones in both tiers.
[[nodiscard]] const Arithmetic& arithmetic_of(Kernels kernels, Tier tier = Tier::proven);

}  // namespace normdiff::reference
