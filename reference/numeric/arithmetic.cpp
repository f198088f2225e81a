#include "reference/numeric/arithmetic.hpp"

namespace normdiff::reference {

const Arithmetic& libtorch_cpu() {
  static const Arithmetic arithmetic{
      [](DType dtype, const Shape& shape, std::optional<Layout> layout) {
        return libtorch_cpu_profile(dtype, shape, layout.value_or(Layout::strided));
      },
      false};
  return arithmetic;
}

const Arithmetic& any_implementation() {
  static const Arithmetic arithmetic{
      [](DType dtype, const Shape&, std::optional<Layout>) { return unknown_profile(dtype); },
      false};
  return arithmetic;
}

namespace {

const Arithmetic& probable_arithmetic() {
  static const Arithmetic arithmetic{[](DType dtype, const Shape&, std::optional<Layout>) {
                                       return probable(unknown_profile(dtype));
                                     },
                                     false};
  return arithmetic;
}

}  // namespace

const Arithmetic& arithmetic_of(Kernels kernels, Tier tier) {
  if (kernels == Kernels::libtorch_cpu) return libtorch_cpu();
  const bool is_probable = kernels == Kernels::stable && tier == Tier::probable;
  return is_probable ? probable_arithmetic() : any_implementation();
}

}  // namespace normdiff::reference
