#include "harness/language/data.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>

namespace normdiff {
namespace {

using reference::DType;

/// Draws each element owns, so that an element depends on nothing but its number.
constexpr std::uint64_t draws = 8;
constexpr int log_uniform_bits = 24;

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection that spreads every bit.
constexpr std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

/// The stream of one key: the key is mixed once, not for each element.
class Stream {
 public:
  explicit Stream(std::uint64_t key) : key_(mix(key + 0x9e3779b97f4a7c15u)) {}

  [[nodiscard]] std::uint64_t bits(std::uint64_t counter) const {
    return mix(key_ + counter * 0x9e3779b97f4a7c15u);
  }
  [[nodiscard]] double unit(std::uint64_t counter) const {
    return static_cast<double>(bits(counter) >> 11) * 0x1p-53;
  }
  /// Irwin-Hall: twelve uniforms, less 6, have mean 0 and variance 1. Each has 21 bits; one more
  /// draw fills the digits below, so that sums of such values do round. Takes five draws.
  [[nodiscard]] double normal(std::uint64_t counter) const {
    constexpr std::uint64_t mask = (1u << 21) - 1;
    std::uint64_t sum = 6;  // half a step for each of the twelve
    for (std::uint64_t i = 0; i < 4; ++i) {
      const std::uint64_t b = bits(counter + i);
      sum += (b & mask) + ((b >> 21) & mask) + (b >> 43);
    }
    const std::uint64_t fine = (sum << 32) | (bits(counter + 4) >> 32);
    return static_cast<double>(fine) * 0x1p-53 - 6.0;
  }

 private:
  std::uint64_t key_;
};

std::int64_t round_to_int64(double value) {
  if (std::isnan(value)) return 0;
  if (value >= 0x1p63) return std::numeric_limits<std::int64_t>::max();
  if (value <= -0x1p63) return std::numeric_limits<std::int64_t>::min();
  double whole = std::floor(value);
  const double rest = value - whole;
  if (rest > 0.5 || (rest == 0.5 && std::fmod(whole, 2.0) != 0)) whole += 1;
  return static_cast<std::int64_t>(whole);
}

template <class T>
T rounded(double value) {
  if constexpr (std::is_same_v<T, std::int64_t>)
    return round_to_int64(value);
  else
    return static_cast<T>(value);
}
template <class T>
T rounded(const Number& number) {
  if (const auto* whole = std::get_if<std::int64_t>(&number)) return static_cast<T>(*whole);
  return rounded<T>(std::get<double>(number));
}

/// Writes element(0) ... element(n - 1), each rounded once.
template <class Element>
void store(DType dtype, std::int64_t n, void* out, const Element& element) {
  reference::visit_dtype(dtype, [&]<class T>(std::type_identity<T>) {
    for (std::int64_t i = 0; i < n; ++i) static_cast<T*>(out)[i] = rounded<T>(element(i));
  });
}

/// Finite values at the ends of what a dtype holds. An int64 saturates.
struct Extremes {
  double subnormal, negative_subnormal, huge, negative_huge;
};
constexpr EnumArray<DType, Extremes> extremes = {
    Extremes{1e-40, -3e-42, 3e38, -2e38},
    Extremes{4e-310, -1e-320, 1.5e308, -1e308},
    Extremes{4e-310, -1e-320, 1.5e308, -1e308},
};

double special_value(std::uint64_t bits, DType dtype) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  switch (bits % 8) {
    case 0:
      return std::numeric_limits<double>::quiet_NaN();
    case 1:
      return infinity;
    case 2:
      return -infinity;
    case 3:
      return -0.0;
    case 4:
      return extremes[dtype].subnormal;
    case 5:
      return extremes[dtype].negative_subnormal;
    case 6:
      return extremes[dtype].huge;
    default:
      return extremes[dtype].negative_huge;
  }
}

/// lo * (hi/lo)^u, u given by its bits: the powers of two of hi/lo's root are repeated roots.
struct LogUniform {
  double lo;
  std::array<double, log_uniform_bits> root{};

  LogUniform(double low, double high) : lo(low) {
    double r = std::sqrt(high) / std::sqrt(low);  // the ratio itself may overflow
    for (double& entry : root) {
      entry = r;
      r = std::sqrt(r);
    }
  }
  [[nodiscard]] double operator()(std::uint64_t bits) const {
    double value = lo;
    for (std::size_t i = 0; i < root.size(); ++i)
      if (((bits >> (63 - i)) & 1) != 0) value *= root[i];
    return value;
  }
};

void make_rule(const Rule& rule, std::uint64_t seed, std::int64_t n, std::int64_t total,
               DType dtype, void* out) {
  const double a = rule.a;
  const double b = rule.b;
  const Stream stream(seed);
  const auto first_draw = [](std::int64_t i) { return static_cast<std::uint64_t>(i) * draws; };
  switch (rule.kind) {
    case RuleKind::normal:
    case RuleKind::offset:
      store(dtype, n, out, [&](std::int64_t i) { return a + b * stream.normal(first_draw(i)); });
      break;
    case RuleKind::uniform:
      store(dtype, n, out,
            [&](std::int64_t i) { return a + (b - a) * stream.unit(first_draw(i)); });
      break;
    case RuleKind::constant:
      store(dtype, n, out, [&](std::int64_t) { return a; });
      break;
    case RuleKind::arange:
      store(dtype, n, out, [&](std::int64_t i) { return a + static_cast<double>(i) * b; });
      break;
    case RuleKind::ramp:
      store(dtype, n, out, [&](std::int64_t i) {
        if (i == 0) return a;
        if (i == total - 1) return b;
        return a + (b - a) * (static_cast<double>(i) / static_cast<double>(total - 1));
      });
      break;
    case RuleKind::spike: {
      const auto count = static_cast<std::uint64_t>(total);
      const auto at = static_cast<std::int64_t>(count == 0 ? 0 : stream.bits(0) % count);
      store(dtype, n, out, [&](std::int64_t i) { return i == at ? a + b : a; });
      break;
    }
    case RuleKind::alternating:
      store(dtype, n, out, [&](std::int64_t i) { return i % 2 == 0 ? a : -a; });
      break;
    case RuleKind::log_uniform: {
      const LogUniform value(a, b);
      store(dtype, n, out, [&](std::int64_t i) { return value(stream.bits(first_draw(i))); });
      break;
    }
    case RuleKind::special:
      store(dtype, n, out, [&](std::int64_t i) {
        const std::uint64_t draw = first_draw(i);
        if (stream.unit(draw + 5) >= a) return stream.normal(draw);
        return special_value(stream.bits(draw + 6), dtype);
      });
      break;
  }
}

}  // namespace

int parameter_count(RuleKind kind) {
  switch (kind) {
    case RuleKind::constant:
    case RuleKind::alternating:
    case RuleKind::special:
      return 1;
    default:
      return 2;
  }
}

std::uint64_t random_bits(std::uint64_t key, std::uint64_t counter) {
  return Stream(key).bits(counter);
}

bool depends_on_dtype(const Data& data) {
  const Rule* rule = std::get_if<Rule>(&data);
  return rule != nullptr && rule->kind == RuleKind::special;
}

void make_data(const Data& data, std::uint64_t seed, std::int64_t n, DType dtype, void* out) {
  make_data_head(data, seed, n, n, dtype, out);
}

void make_data_head(const Data& data, std::uint64_t seed, std::int64_t n, std::int64_t total,
                    DType dtype, void* out) {
  if (const Rule* rule = std::get_if<Rule>(&data)) {
    make_rule(*rule, seed, n, total, dtype, out);
    return;
  }
  const Literal& literal = std::get<Literal>(data);
  if (literal.empty()) {
    store(dtype, n, out, [](std::int64_t) { return 0.0; });
    return;
  }
  std::size_t next = 0;
  store(dtype, n, out, [&](std::int64_t) {
    const Number& value = literal[next];
    next = next + 1 == literal.size() ? 0 : next + 1;
    return value;
  });
}

}  // namespace normdiff
