#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

/// Correct implementations with the arithmetic of a profile: what the bounds must hold for.
namespace normdiff::simulated {

enum class Order { naive, reverse, pairwise, lanes, kahan };
constexpr Order orders[] = {Order::naive, Order::reverse, Order::pairwise, Order::lanes,
                            Order::kahan};
enum class Variance { two_pass, welford, chan };

struct Style {
  Order order = Order::naive;
  Variance variance = Variance::two_pass;
  bool fused = false;   ///< multiply-add rounded once
  bool affine = false;  ///< y = x * alpha + beta, else ((x - mean) * invstd) * weight + bias
};

template <class T>
T multiply_add(T a, T b, T c, bool fused) {
  return fused ? std::fma(a, b, c) : a * b + c;
}

/// sum a[i] * b[i] (or of a alone) in T.
template <class T>
T dot(const T* a, const T* b, std::size_t n, const Style& style) {
  const auto term = [&](std::size_t i, T s) {
    return b == nullptr ? s + a[i] : multiply_add(a[i], b[i], s, style.fused);
  };
  T s = 0;
  switch (style.order) {
    case Order::naive:
      for (std::size_t i = 0; i < n; ++i) s = term(i, s);
      return s;
    case Order::reverse:
      for (std::size_t i = n; i-- > 0;) s = term(i, s);
      return s;
    case Order::pairwise:
      if (n <= 2) {
        for (std::size_t i = 0; i < n; ++i) s = term(i, s);
        return s;
      }
      return dot(a, b, n / 2, style) +
             dot(a + n / 2, b == nullptr ? b : b + n / 2, n - n / 2, style);
    case Order::lanes: {
      T lane[8] = {};
      for (std::size_t i = 0; i < n; ++i) lane[i % 8] = term(i, lane[i % 8]);
      for (T l : lane) s += l;
      return s;
    }
    case Order::kahan: {
      volatile T compensation = 0;
      for (std::size_t i = 0; i < n; ++i) {
        const volatile T y = term(i, T(0)) - compensation;
        const volatile T t = s + y;
        compensation = (t - s) - y;
        s = t;
      }
      return s;
    }
  }
  return s;
}

template <class A>
struct Moments {
  A mean = 0;
  A squares = 0;  ///< sum of (x - mean)^2
};

template <class A>
Moments<A> welford(const A* x, std::size_t n) {
  Moments<A> m;
  for (std::size_t i = 0; i < n; ++i) {
    const A delta = x[i] - m.mean;
    m.mean += delta / static_cast<A>(i + 1);
    m.squares += delta * (x[i] - m.mean);
  }
  return m;
}

template <class A>
Moments<A> chan(const A* x, std::size_t n) {
  if (n <= 4) return welford(x, n);
  const std::size_t half = n / 2;
  const Moments<A> a = chan(x, half), b = chan(x + half, n - half);
  const A na = static_cast<A>(half), nb = static_cast<A>(n - half), all = static_cast<A>(n);
  const A delta = b.mean - a.mean;
  return {a.mean + delta * (nb / all), a.squares + b.squares + delta * delta * (na * nb / all)};
}

template <class A>
Moments<A> moments(const std::vector<A>& x, const Style& style) {
  const std::size_t n = x.size();
  if (style.variance == Variance::welford) return welford(x.data(), n);
  if (style.variance == Variance::chan) return chan(x.data(), n);
  Moments<A> m;
  m.mean = dot<A>(x.data(), nullptr, n, style) / static_cast<A>(n);
  std::vector<A> centred(x);
  for (A& v : centred) v -= m.mean;
  m.squares = dot<A>(centred.data(), centred.data(), n, style);
  return m;
}

template <class T>
struct Forward {
  std::vector<T> y;
  T mean = 0, invstd = 0, running_mean = 0, running_var = 0;
};

struct Options {
  double weight = 1, bias = 0, running_mean = 0, running_var = 1, eps = 1e-5, momentum = 0.1;
};

/// One channel in training mode; T stores, A accumulates.
template <class T, class A>
Forward<T> forward(const std::vector<T>& x, const Options& o, const Style& style) {
  const std::size_t n = x.size();
  const std::vector<A> wide(x.begin(), x.end());
  const Moments<A> m = moments(wide, style);
  Forward<T> f;
  f.mean = static_cast<T>(m.mean);
  const A variance = m.squares / static_cast<A>(n);
  f.invstd = static_cast<T>(1 / std::sqrt(variance + static_cast<A>(o.eps)));
  const T w = static_cast<T>(o.weight), b = static_cast<T>(o.bias);
  const T alpha = f.invstd * w, beta = multiply_add(-f.mean, alpha, b, style.fused);
  for (T v : x)
    f.y.push_back(style.affine ? multiply_add(v, alpha, beta, style.fused)
                               : multiply_add((v - f.mean) * f.invstd, w, b, style.fused));
  const T momentum = static_cast<T>(o.momentum), keep = 1 - momentum;
  const T unbiased = static_cast<T>(m.squares / static_cast<A>(n - 1));
  f.running_mean =
      multiply_add(momentum, f.mean, keep * static_cast<T>(o.running_mean), style.fused);
  f.running_var =
      multiply_add(momentum, unbiased, keep * static_cast<T>(o.running_var), style.fused);
  return f;
}

template <class T>
struct Backward {
  std::vector<T> dx;
  T dw = 0, db = 0;
};

template <class T>
Backward<T> backward(const std::vector<T>& x, const std::vector<T>& g, T mean, T invstd, T weight,
                     bool training, const Style& style) {
  const std::size_t n = x.size();
  std::vector<T> centred(x);
  for (T& v : centred) v -= mean;
  Backward<T> b;
  b.db = dot<T>(g.data(), nullptr, n, style);
  const T d = dot<T>(g.data(), centred.data(), n, style);
  b.dw = d * invstd;
  const T count = static_cast<T>(n), average = b.db / count, k = d * invstd * invstd / count;
  for (std::size_t i = 0; i < n; ++i)
    b.dx.push_back(training
                       ? multiply_add(-centred[i], k, g[i] - average, style.fused) * invstd * weight
                       : g[i] * (invstd * weight));
  return b;
}

/// Data that is legal and awkward, one kind after the other.
inline double awkward(int kind, double scale, std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  const double z = normal(random);
  switch (kind % 6) {
    case 0:
      return scale * z;
    case 1:
      return scale * (10 + z);
    case 2:
      return scale * (100 + 0.5 * z);
    case 3:
      return scale * std::exp(2 * z);
    case 4:
      return scale * (z > 1 ? z * 50 : 0);
    default:
      return scale * (z > 0 ? 1 : -1) * (3 + 0.001 * z);
  }
}

}  // namespace normdiff::simulated
