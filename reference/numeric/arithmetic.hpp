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
  any,
  libtorch_cpu,
};
template <>
inline constexpr Names<Kernels> names_of<Kernels> = {"any", "libtorch_cpu"};

[[nodiscard]] const Arithmetic& arithmetic_of(Kernels kernels);

}  // namespace normdiff::reference
