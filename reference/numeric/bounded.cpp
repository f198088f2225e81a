#include "reference/numeric/bounded.hpp"

#include <cassert>
#include <cmath>

#include "reference/numeric/judge.hpp"

namespace normdiff::reference {
namespace {

template <class T>
Comparison compare_as(const Bounded& expected, const T* observed) {
  Comparison c;
  const std::size_t n = expected.value.size();
  assert(expected.bound.size() == n);
  assert(expected.trivial.empty() || expected.trivial.size() == n);
  assert(expected.weak.empty() || expected.weak.size() == n);
  for (std::size_t i = 0; i < n; ++i) {
    const double value = expected.value[i], bound = expected.bound[i];
    const auto seen = static_cast<double>(observed[i]);
    const auto index = static_cast<std::int64_t>(i);
    const bool same = seen == static_cast<double>(static_cast<T>(value)) ||
                      (std::isnan(seen) && std::isnan(value));
    const bool weak = !expected.weak.empty() && expected.weak[i];
    if (same && !weak && bound >= 0 && !(std::isnan(value) && bound > 0)) {
      ++c.equal;
      note_worst(c, index, 0, value, seen, bound);
      continue;
    }
    const double trivial = expected.trivial.empty() ? 0 : expected.trivial[i];
    judge(c, index, Expected<double>{value, bound, weak}, seen, std::fabs(value - trivial));
  }
  return c;
}

}  // namespace

Comparison compare(const Bounded& expected, const void* observed, DType dtype) {
  return visit_floating(dtype, [&]<class T>(std::type_identity<T>) {
    return compare_as(expected, static_cast<const T*>(observed));
  });
}

}  // namespace normdiff::reference
