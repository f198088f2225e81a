#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "simulated.hpp"

/// Convolutions and their gradients as lists of products, to be summed in any order.
namespace normdiff::simulated {

/// Sizes of a convolution. A linear layer is one of 1 x 1 images and a 1 x 1 kernel.
struct Convolution {
  /// Sizes or a position: depth, height, width.
  using Extent = std::array<std::int64_t, 3>;

  std::int64_t batch = 1, inputs = 1, height = 1, width = 1, outputs = 1, kernel = 1;
  std::int64_t stride = 1, padding = 0;
  std::int64_t depth = 1;
  std::int64_t groups = 1;  ///< of inputs and of outputs, each of which reads its own inputs
  int dims = 2;             ///< of kernel, stride and padding: the last of depth, height, width

  [[nodiscard]] Extent sizes() const { return {depth, height, width}; }
  [[nodiscard]] Extent kernels() const { return along(kernel, 1); }
  [[nodiscard]] Extent windows() const {
    const Extent k = kernels(), s = along(stride, 1), p = along(padding, 0);
    Extent out{};
    for (std::size_t d = 0; d < 3; ++d) out[d] = (sizes()[d] + 2 * p[d] - k[d]) / s[d] + 1;
    return out;
  }
  /// Where a window reads through a place of the kernel; false: padding.
  [[nodiscard]] bool read(const Extent& window, const Extent& place, Extent& at) const {
    const Extent s = along(stride, 1), p = along(padding, 0);
    bool inside = true;
    for (std::size_t d = 0; d < 3; ++d) {
      at[d] = window[d] * s[d] + place[d] - p[d];
      inside &= at[d] >= 0 && at[d] < sizes()[d];
    }
    return inside;
  }
  [[nodiscard]] std::size_t x_size() const { return count(batch * inputs * volume(sizes())); }
  [[nodiscard]] std::size_t w_size() const {
    return count(outputs * (inputs / groups) * volume(kernels()));
  }
  [[nodiscard]] std::size_t y_size() const { return count(batch * outputs * volume(windows())); }
  [[nodiscard]] static std::size_t count(std::int64_t n) { return static_cast<std::size_t>(n); }
  [[nodiscard]] static std::int64_t volume(const Extent& e) { return e[0] * e[1] * e[2]; }
  [[nodiscard]] static std::int64_t index(const Extent& e, const Extent& at) {
    return (at[0] * e[1] + at[1]) * e[2] + at[2];
  }

 private:
  [[nodiscard]] Extent along(std::int64_t value, std::int64_t elsewhere) const {
    Extent e{value, value, value};
    for (int d = 0; d < 3 - dims; ++d) e[count(d)] = elsewhere;
    return e;
  }
};

/// Calls f(position) for each one, in row-major order.
template <class F>
void each(const Convolution::Extent& sizes, F f) {
  for (std::int64_t d = 0; d < sizes[0]; ++d)
    for (std::int64_t h = 0; h < sizes[1]; ++h)
      for (std::int64_t w = 0; w < sizes[2]; ++w) f(Convolution::Extent{d, h, w});
}

template <class T>
struct Products {
  std::vector<T> a, b;
  void add(T left, T right) {
    a.push_back(left);
    b.push_back(right);
  }
};

/// The products of each element of the output and of the three gradients.
template <class T>
struct Terms {
  std::vector<Products<T>> y, dx, dw, db;
};

/// `bias` may be empty. It is the first term of its output or the last.
template <class T>
Terms<T> terms_of(const Convolution& c, const std::vector<T>& x, const std::vector<T>& w,
                  const std::vector<T>& bias, bool bias_first, const std::vector<T>& g) {
  Terms<T> t;
  t.y.resize(c.y_size());
  t.dx.resize(c.x_size());
  t.dw.resize(c.w_size());
  t.db.resize(Convolution::count(c.outputs));
  const std::int64_t inputs = c.inputs / c.groups, outputs = c.outputs / c.groups;
  std::size_t y = 0;
  for (std::int64_t n = 0; n < c.batch; ++n)
    for (std::int64_t o = 0; o < c.outputs; ++o)
      each(c.windows(), [&](const Convolution::Extent& window) {
        const auto channel = Convolution::count(o);
        if (!bias.empty() && bias_first) t.y[y].add(bias[channel], 1);
        t.db[channel].add(g[y], 1);
        for (std::int64_t i = 0; i < inputs; ++i)
          each(c.kernels(), [&](const Convolution::Extent& place) {
            Convolution::Extent position{};
            if (!c.read(window, place, position)) return;
            const std::int64_t image = n * c.inputs + o / outputs * inputs + i;
            const auto at = Convolution::count(image * Convolution::volume(c.sizes()) +
                                               Convolution::index(c.sizes(), position));
            const auto k = Convolution::count((o * inputs + i) * Convolution::volume(c.kernels()) +
                                              Convolution::index(c.kernels(), place));
            t.y[y].add(x[at], w[k]);
            t.dx[at].add(g[y], w[k]);
            t.dw[k].add(g[y], x[at]);
          });
        if (!bias.empty() && !bias_first) t.y[y].add(bias[channel], 1);
        ++y;
      });
  return t;
}

template <class T>
std::vector<T> summed(const std::vector<Products<T>>& all, const Style& style) {
  std::vector<T> sums;
  for (const Products<T>& p : all)
    sums.push_back(dot<T>(p.a.data(), p.b.data(), p.a.size(), style));
  return sums;
}

}  // namespace normdiff::simulated
