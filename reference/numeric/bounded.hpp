#pragma once

#include <cstdint>
#include <vector>

#include "reference/tensor/tensor.hpp"

namespace normdiff::reference {

/// Values with a proven bound beside each: a correct implementation of the profile is within
/// `bound[i]` of `value[i]`. A bound of NaN says that nothing is known but the class of the value
/// (finite, infinite, NaN); an infinite bound beside a NaN value that it is not finite; a negative
/// one that not even the class is known.
struct Bounded {
  Shape shape;
  std::vector<double> value;
  std::vector<double> bound;
  /// The answer that needs no information (bias for an output, the old value for a running
  /// statistic). Empty: zero. A bound no smaller than the distance to it proves nothing.
  std::vector<double> trivial;
  /// Where it is not empty: the bound is a weaker check, of an ill-conditioned channel's output.
  /// Being within it proves little.
  std::vector<bool> weak = {};

  [[nodiscard]] Values values() const {
    return {value.data(), DType::float64, shape, bound.data()};
  }
};

/// Observed elements held against bounded ones, counted by what came out.
struct Comparison {
  std::int64_t equal = 0;            ///< same bits (any NaN is any NaN)
  std::int64_t within = 0;           ///< abs(observed - value) <= bound
  std::int64_t loose = 0;            ///< within, but the bound reaches the trivial answer
  std::int64_t ill_conditioned = 0;  ///< the bound says nothing; the weaker check passed
  std::int64_t poisoned = 0;         ///< a NaN or infinity came in; the class agrees
  std::int64_t outside = 0;          ///< a discrepancy
  /// The element furthest out: an `outside` one if there is any.
  double worst_ratio = 0;  ///< abs(observed - value) / bound
  std::int64_t worst_index = -1;
  double worst_expected = 0;
  double worst_observed = 0;
  double worst_bound = 0;
  /// Elements inside a bound that says little, and further out than a stable algorithm comes: they
  /// are counted above, too. The one that is furthest out:
  std::int64_t lost = 0;
  std::int64_t lost_index = -1;
  double lost_expected = 0;
  double lost_observed = 0;
  double lost_bound = 0;  ///< a stable algorithm's

  [[nodiscard]] std::int64_t elements() const {
    return equal + within + loose + ill_conditioned + poisoned + outside;
  }
};

/// Holds `observed` (dense, `dtype` float32 or float64, as many elements as `expected`) against it.
[[nodiscard]] Comparison compare(const Bounded& expected, const void* observed, DType dtype);

}  // namespace normdiff::reference
