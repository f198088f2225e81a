#pragma once

#include <cstdint>
#include <vector>

#include "simulated.hpp"

/// Convolutions and their gradients as lists of products, to be summed in any order.
namespace normdiff::simulated {

/// Sizes of a convolution. A linear layer is one of 1 x 1 images and a 1 x 1 kernel.
struct Convolution {
  std::int64_t batch = 1, inputs = 1, height = 1, width = 1, outputs = 1, kernel = 1;
  std::int64_t stride = 1, padding = 0;

  [[nodiscard]] std::int64_t out(std::int64_t size) const {
    return (size + 2 * padding - kernel) / stride + 1;
  }
  [[nodiscard]] std::size_t x_size() const { return count(batch * inputs * height * width); }
  [[nodiscard]] std::size_t w_size() const { return count(outputs * inputs * kernel * kernel); }
  [[nodiscard]] std::size_t y_size() const {
    return count(batch * outputs * out(height) * out(width));
  }
  [[nodiscard]] static std::size_t count(std::int64_t n) { return static_cast<std::size_t>(n); }
};

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
  std::size_t y = 0;
  for (std::int64_t n = 0; n < c.batch; ++n)
    for (std::int64_t o = 0; o < c.outputs; ++o)
      for (std::int64_t oh = 0; oh < c.out(c.height); ++oh)
        for (std::int64_t ow = 0; ow < c.out(c.width); ++ow, ++y) {
          const auto channel = Convolution::count(o);
          if (!bias.empty() && bias_first) t.y[y].add(bias[channel], 1);
          t.db[channel].add(g[y], 1);
          for (std::int64_t i = 0; i < c.inputs; ++i)
            for (std::int64_t kh = 0; kh < c.kernel; ++kh)
              for (std::int64_t kw = 0; kw < c.kernel; ++kw) {
                const std::int64_t h = oh * c.stride + kh - c.padding;
                const std::int64_t v = ow * c.stride + kw - c.padding;
                if (h < 0 || h >= c.height || v < 0 || v >= c.width) continue;
                const auto at =
                    Convolution::count(((n * c.inputs + i) * c.height + h) * c.width + v);
                const auto k =
                    Convolution::count(((o * c.inputs + i) * c.kernel + kh) * c.kernel + kw);
                t.y[y].add(x[at], w[k]);
                t.dx[at].add(g[y], w[k]);
                t.dw[k].add(g[y], x[at]);
              }
          if (!bias.empty() && !bias_first) t.y[y].add(bias[channel], 1);
        }
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
