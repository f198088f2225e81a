#include "reference/ops/batch_norm_stable.hpp"

#include <algorithm>
#include <cmath>

namespace normdiff::reference::detail {
namespace {

/// The algorithm in T, on statistics that A is wide enough for.
template <class T, class A>
class StableOutput {
 public:
  StableOutput(const Channel<A>& c, const RunConstants& k)
      : mean_(static_cast<T>(c.mean)),
        weight_(static_cast<T>(c.weight)),
        bias_(static_cast<T>(c.bias)) {
    const A moved = k.batch_statistics ? c.mean - mean_ : A(0);
    const T variance = static_cast<T>(c.variance + moved * moved);
    invstd_ = 1 / std::sqrt(variance + static_cast<T>(k.eps));
  }
  [[nodiscard]] T at(T x) const {
    const T distance = x - mean_;
    const T normalised = distance * invstd_;
    const T scaled = normalised * weight_;
    return scaled + bias_;
  }

 private:
  T mean_, weight_, bias_;
  T invstd_ = 0;
};

/// The bound of the output at x proves little.
template <class A>
bool says_little(const Channel<A>& c, const RunConstants& k, A x) {
  const Expected<A> expected = expected_output(c, k, x, 0.0);
  const auto reach = static_cast<double>(std::fabs(c.scale * (x - c.mean)));
  return expected.weak || !(expected.bound < reach);
}

/// Distances are granted this many times, for the order of the last few operations.
constexpr double granted = 8;

template <class T, class A>
void count_lost_in(const Channel<A>& c, const RunConstants& k, const Values& x,
                   const void* observed, DType dtype, std::int64_t start, const Runs& runs,
                   Comparison& result) {
  const StableOutput<T, A> stable(c, k);
  const auto exact = [&](std::int64_t i) {
    return c.scale * (static_cast<A>(x.at(i)) - c.mean) + c.bias;
  };
  const auto distance = [&exact](std::int64_t i, T y) {
    return static_cast<double>(std::fabs(static_cast<A>(y) - exact(i)));
  };
  double worst = 0;
  each_index(runs, start, [&](std::int64_t i) {
    const double error = distance(i, stable.at(static_cast<T>(x.at(i))));
    worst = error <= worst ? worst : error;  // a NaN stays
  });
  if (!std::isfinite(worst)) return;
  double furthest = 0;
  each_index(runs, start, [&](std::int64_t i) {
    if (!says_little(c, k, static_cast<A>(x.at(i)))) return;
    const double seen = element(observed, dtype, i);
    const double off = distance(i, static_cast<T>(seen));
    const double bound =
        granted * (worst + k.uo * static_cast<double>(std::fabs(exact(i)))) + k.eta;
    if (!(off > bound)) return;
    ++result.lost;
    if (off / bound <= furthest) return;
    furthest = off / bound;
    result.lost_index = i;
    result.lost_expected = static_cast<double>(exact(i));
    result.lost_observed = seen;
    result.lost_bound = bound;
  });
}

}  // namespace

template <class A>
void count_lost(const Channel<A>& channel, const RunConstants& constants, const Values& x,
                const void* observed, DType dtype, std::int64_t start, const Runs& runs,
                Comparison& result) {
  if (channel.statistics != Standing::proven) return;
  visit_floating(dtype, [&]<class T>(std::type_identity<T>) {
    count_lost_in<T>(channel, constants, x, observed, dtype, start, runs, result);
  });
}

template void count_lost(const Channel<double>&, const RunConstants&, const Values&, const void*,
                         DType, std::int64_t, const Runs&, Comparison&);
template void count_lost(const Channel<long double>&, const RunConstants&, const Values&,
                         const void*, DType, std::int64_t, const Runs&, Comparison&);

}  // namespace normdiff::reference::detail
