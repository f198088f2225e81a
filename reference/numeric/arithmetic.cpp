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

const Arithmetic& arithmetic_of(Kernels kernels) {
  return kernels == Kernels::libtorch_cpu ? libtorch_cpu() : any_implementation();
}

}  // namespace normdiff::reference
