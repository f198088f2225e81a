#include "reference/ops/batch_norm_kernels.hpp"

#include <algorithm>
#include <limits>

// Vectors of GCC and Clang: element-wise operators, compiled for whatever the machine has.
namespace normdiff::reference::detail {
namespace {

constexpr std::int64_t lanes = 4;
constexpr int packs = 4;
constexpr std::int64_t block = lanes * packs;
/// Elements compared before the comparisons are looked at: looking waits for all of them.
constexpr std::int64_t stretch = 8 * block;
typedef double Pack __attribute__((vector_size(lanes * sizeof(double))));
typedef std::int64_t Mask __attribute__((vector_size(lanes * sizeof(std::int64_t))));

// Packs go by reference: by value their calling convention depends on the instruction set.
#define NORMDIFF_INLINE inline __attribute__((always_inline))

NORMDIFF_INLINE void load(const float* from, Pack& pack) {
  // One instruction; GCC 12 spills when asked by __builtin_convertvector.
  pack = Pack{static_cast<double>(from[0]), static_cast<double>(from[1]),
              static_cast<double>(from[2]), static_cast<double>(from[3])};
}
NORMDIFF_INLINE void absolute(const Pack& from, Pack& to) {
  to = (Pack)((Mask)from & std::numeric_limits<std::int64_t>::max());
}
NORMDIFF_INLINE double total(const Pack (&p)[packs]) {
  const Pack sum = (p[0] + p[1]) + (p[2] + p[3]);
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/// Runs of a channel are pages apart, where the processor's own prefetching stops: while one is
/// read, the next is asked for.
NORMDIFF_INLINE void ask_for(const float* data) {
  __builtin_prefetch(data);
}

NORMDIFF_INLINE void sum_channel_body(const float* x, const Runs& runs, double& sum,
                                      double& magnitude) {
  Pack s[packs] = {}, m[packs] = {};
  double tail = 0, tail_magnitude = 0;
  for (std::int64_t o = 0; o < runs.outer; ++o, x += runs.stride) {
    const std::int64_t next = o + 1 < runs.outer ? runs.stride : 0;
    std::int64_t i = 0;
    for (; i + block <= runs.inner; i += block) {
      ask_for(x + i + next);
      for (int p = 0; p < packs; ++p) {
        Pack v, a;
        load(x + i + p * lanes, v);
        absolute(v, a);
        s[p] += v;
        m[p] += a;
      }
    }
    for (; i < runs.inner; ++i) {
      const double v = x[i];
      tail += v;
      tail_magnitude += std::fabs(v);
    }
  }
  sum = total(s) + tail;
  magnitude = total(m) + tail_magnitude;
}

NORMDIFF_INLINE void square_channel_body(const float* x, const Runs& runs, double mean,
                                         double& squares) {
  Pack s[packs] = {};
  double tail = 0;
  for (std::int64_t o = 0; o < runs.outer; ++o, x += runs.stride) {
    std::int64_t i = 0;
    for (; i + block <= runs.inner; i += block) {
      for (int p = 0; p < packs; ++p) {
        Pack v;
        load(x + i + p * lanes, v);
        v -= mean;
        s[p] += v * v;
      }
    }
    for (; i < runs.inner; ++i) {
      const double v = x[i] - mean;
      tail += v * v;
    }
  }
  squares = total(s) + tail;
}

NORMDIFF_INLINE void sum_gradients_body(const float* x, const float* upstream, const Runs& runs,
                                        double mean, BackwardSums<double>& sums) {
  Pack s[packs] = {}, m[packs] = {}, d[packs] = {}, dm[packs] = {};
  double tail = 0, tail_magnitude = 0, tail_dot = 0, tail_dot_magnitude = 0;
  for (std::int64_t o = 0; o < runs.outer; ++o, x += runs.stride, upstream += runs.stride) {
    const std::int64_t next = o + 1 < runs.outer ? runs.stride : 0;
    std::int64_t i = 0;
    for (; i + block <= runs.inner; i += block) {
      ask_for(x + i + next);
      ask_for(upstream + i + next);
      for (int p = 0; p < packs; ++p) {
        Pack g, v, a, product;
        load(upstream + i + p * lanes, g);
        load(x + i + p * lanes, v);
        product = g * (v - mean);
        absolute(g, a);
        s[p] += g;
        m[p] += a;
        d[p] += product;
        absolute(product, a);
        dm[p] += a;
      }
    }
    for (; i < runs.inner; ++i) {
      const double g = upstream[i], product = g * (x[i] - mean);
      tail += g;
      tail_magnitude += std::fabs(g);
      tail_dot += product;
      tail_dot_magnitude += std::fabs(product);
    }
  }
  sums.sum = total(s) + tail;
  sums.magnitude = total(m) + tail_magnitude;
  sums.dot = total(d) + tail_dot;
  sums.dot_magnitude = total(dm) + tail_dot_magnitude;
}

/// Within threshold * bound, that difference being a number: not where both are infinite.
NORMDIFF_INLINE void is_near(const Pack& distance, const Pack& bound, const Pack& threshold,
                             Mask& near) {
  near &= (Mask)(threshold * bound - distance >= 0);
}

NORMDIFF_INLINE bool all(const Mask& m) {
  return (m[0] & m[1] & m[2] & m[3]) != 0;
}

/// One pack: as a whole, or one by one against a threshold that rises on the way.
template <class Check>
NORMDIFF_INLINE void inspect(const Check& check, std::int64_t first, Mask& loose_total,
                             Watch& watch) {
  Pack distance, bound;
  Mask loose, near = ~Mask{};
  check.pack(first, distance, bound, loose);
  is_near(distance, bound, Pack{} + watch.threshold, near);
  if (!all(near)) {
    std::int64_t passed = 0;
    for (std::int64_t l = 0; l < lanes; ++l) {
      if (watch.threshold * bound[l] - distance[l] >= 0) {
        ++passed;
      } else {
        loose[l] = 0;
        watch.look(watch, first + l);
      }
    }
    watch.passed += passed;
  } else {
    watch.passed += lanes;
  }
  loose_total += loose;
}

/// The part of a comparing loop that is the same for every quantity. `Check` gives one pack's
/// distances, bounds and loose elements.
template <class Check>
NORMDIFF_INLINE void watch_runs(const Check& check, const Runs& runs, Watch& watch) {
  Mask loose_total = {};
  for (std::int64_t o = 0; o < runs.outer; ++o) {
    const std::int64_t start = o * runs.stride, next = o + 1 < runs.outer ? runs.stride : 0;
    std::int64_t i = 0;
    while (i + block <= runs.inner) {
      const std::int64_t end = i + std::min(stretch, (runs.inner - i) / block * block);
      Mask near = ~Mask{}, loose_here = {};
      const Pack threshold = Pack{} + watch.threshold;
      for (std::int64_t k = i; k < end; k += block) {
        check.prefetch(start + k + next);
        for (int p = 0; p < packs; ++p) {
          Pack distance, bound;
          Mask loose;
          check.pack(start + k + p * lanes, distance, bound, loose);
          is_near(distance, bound, threshold, near);
          loose_here += loose;
        }
      }
      if (all(near)) {
        loose_total += loose_here;
        watch.passed += end - i;
      } else {
        for (std::int64_t k = i; k < end; k += lanes) inspect(check, start + k, loose_total, watch);
      }
      i = end;
    }
    for (; i + lanes <= runs.inner; i += lanes) inspect(check, start + i, loose_total, watch);
    for (; i < runs.inner; ++i) watch.look(watch, start + i);
  }
  watch.loose -= loose_total[0] + loose_total[1] + loose_total[2] + loose_total[3];
}

struct OutputCheck {
  Channel<double> c;
  const float* x;
  const float* observed;

  NORMDIFF_INLINE void pack(std::int64_t i, Pack& distance, Pack& bound, Mask& loose) const {
    Pack v, seen, value, magnitude;
    load(x + i, v);
    load(observed + i, seen);
    v -= c.mean;
    output_value(c, v, value);
    absolute(v, magnitude);
    output_bound(c, magnitude, bound);
    value -= seen;
    absolute(value, distance);
    loose = (Mask)(magnitude <= c.loose_below);
  }
  NORMDIFF_INLINE void prefetch(std::int64_t i) const {
    ask_for(x + i);
    ask_for(observed + i);
  }
};

struct GradientCheck {
  Channel<double> c;
  GradientChannel<double> g;
  const float* x;
  const float* upstream;
  const float* observed;
  double keep;  ///< 0 in eval mode: x plays no part

  NORMDIFF_INLINE void pack(std::int64_t i, Pack& distance, Pack& bound, Mask& loose) const {
    Pack v, up, seen, value, size;
    load(x + i, v);
    load(upstream + i, up);
    load(observed + i, seen);
    v = (v - c.mean) * keep;
    gradient_value(c, g, v, up, value);
    absolute(v, v);
    absolute(up, up);
    absolute(value, size);
    gradient_bound(g, v, up, size, bound);
    value -= seen;
    absolute(value, distance);
    loose = (Mask)(bound >= size);
  }
  NORMDIFF_INLINE void prefetch(std::int64_t i) const {
    ask_for(x + i);
    ask_for(upstream + i);
    ask_for(observed + i);
  }
};

NORMDIFF_INLINE void watch_output_body(const Channel<double>& c, const float* x,
                                       const float* observed, const Runs& runs, Watch& watch) {
  watch_runs(OutputCheck{c, x, observed}, runs, watch);
}
NORMDIFF_INLINE void watch_gradient_body(const Channel<double>& c, const GradientChannel<double>& g,
                                         bool batch_statistics, const float* x,
                                         const float* upstream, const float* observed,
                                         const Runs& runs, Watch& watch) {
  watch_runs(GradientCheck{c, g, x, upstream, observed, batch_statistics ? 1.0 : 0.0}, runs, watch);
}

}  // namespace

// Each body is compiled twice on x86-64, with AVX2 (never FMA) and without: IEEE operations in the
// same order, so the same bits.
#if defined(__x86_64__)
namespace {
bool has_avx2() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") != 0;
}
const bool avx2 = has_avx2();
}  // namespace
#define NORMDIFF_KERNEL(name, parameters, arguments)            \
  namespace {                                                   \
  __attribute__((target("avx2"))) void name##_avx2 parameters { \
    name##_body arguments;                                      \
  }                                                             \
  void name##_plain parameters {                                \
    name##_body arguments;                                      \
  }                                                             \
  }                                                             \
  void name parameters {                                        \
    avx2 ? name##_avx2 arguments : name##_plain arguments;      \
  }
#else
#define NORMDIFF_KERNEL(name, parameters, arguments) \
  void name parameters {                             \
    name##_body arguments;                           \
  }
#endif

NORMDIFF_KERNEL(sum_channel, (const float* x, const Runs& runs, double& sum, double& magnitude),
                (x, runs, sum, magnitude))
NORMDIFF_KERNEL(square_channel, (const float* x, const Runs& runs, double mean, double& squares),
                (x, runs, mean, squares))
NORMDIFF_KERNEL(sum_gradients,
                (const float* x, const float* upstream, const Runs& runs, double mean,
                 BackwardSums<double>& sums),
                (x, upstream, runs, mean, sums))
NORMDIFF_KERNEL(watch_output,
                (const Channel<double>& c, const float* x, const float* observed, const Runs& runs,
                 Watch& watch),
                (c, x, observed, runs, watch))
NORMDIFF_KERNEL(watch_gradient,
                (const Channel<double>& c, const GradientChannel<double>& g, bool batch_statistics,
                 const float* x, const float* upstream, const float* observed, const Runs& runs,
                 Watch& watch),
                (c, g, batch_statistics, x, upstream, observed, runs, watch))

}  // namespace normdiff::reference::detail
