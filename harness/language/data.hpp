#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/text/enums.hpp"
#include "reference/tensor/tensor.hpp"

namespace normdiff {

/// How a tensor is filled, with the parameters in brackets.
enum class RuleKind : std::uint8_t {
  normal,       ///< (mean, std)
  uniform,      ///< (lo, hi)
  constant,     ///< (value)
  arange,       ///< (start, step)
  ramp,         ///< (lo, hi), evenly spaced, both ends reached
  spike,        ///< (base, height): base everywhere, one element base + height
  alternating,  ///< (value): value, -value, value, ...
  log_uniform,  ///< (lo, hi), both > 0
  offset,       ///< (mean, std): normal, with a mean meant to be far above std
  special,      ///< (share): normal(0, 1), with that share of nan, inf, -inf, -0.0, subnormal, huge
};
template <>
inline constexpr Names<RuleKind> reference::names_of<RuleKind> = {
    "normal", "uniform",     "constant",    "arange", "ramp",
    "spike",  "alternating", "log_uniform", "offset", "special"};

struct Rule {
  RuleKind kind = RuleKind::normal;
  double a = 0;
  double b = 1;
};

[[nodiscard]] int parameter_count(RuleKind kind);

/// A number as a scenario writes it: a whole number of 64 bits exactly, any other number as the
/// double nearest to it.
using Number = std::variant<double, std::int64_t>;
/// Values in row-major order.
using Literal = std::vector<Number>;
using Data = std::variant<Rule, Literal>;

/// The elements of another dtype are not the float64 ones rounded: special values are those
/// of their dtype.
[[nodiscard]] bool depends_on_dtype(const Data& data);

/// Writes `n` elements of `dtype` to `out`. The same (data, seed, n, dtype) gives the same bits on
/// every machine: own counter-based generator, distributions from + - * / and sqrt only; values are
/// made as doubles, literals as they are written, and rounded once to nearest even. Literals are
/// repeated where too few.
void make_data(const Data& data, std::uint64_t seed, std::int64_t n, reference::DType dtype,
               void* out);

/// The first `n` elements of the `total` that make_data would write.
void make_data_head(const Data& data, std::uint64_t seed, std::int64_t n, std::int64_t total,
                    reference::DType dtype, void* out);

/// Philox-like counter-based generator: element `counter` of the stream `key`. Uniform 64 bits.
[[nodiscard]] std::uint64_t random_bits(std::uint64_t key, std::uint64_t counter);

/// A stream of random choices; cheap to make, deterministic.
class Random {
 public:
  explicit Random(std::uint64_t key) : key_(key) {}
  std::uint64_t bits() { return random_bits(key_, counter_++); }
  /// 0 <= result < n, n > 0.
  std::uint64_t below(std::uint64_t n) {
    return bits() % n;  // NOLINT(clang-analyzer-core.DivideZero): the callers draw from something
  }
  /// In [0, 1).
  double unit() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
  bool chance(double probability) { return unit() < probability; }

 private:
  std::uint64_t key_;
  std::uint64_t counter_ = 0;
};

}  // namespace normdiff
