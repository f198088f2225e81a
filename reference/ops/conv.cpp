#include "reference/ops/conv.hpp"

#include <array>

#include "reference/ops/product_sum.hpp"

namespace normdiff::reference {
namespace {

using namespace detail;

/// Sizes or a position in three dimensions. Fewer are padded in front with sizes of 1.
using Extent = std::array<std::int64_t, 3>;

std::int64_t volume(const Extent& sizes) {
  return sizes[0] * sizes[1] * sizes[2];
}
std::int64_t index_in(const Extent& sizes, const Extent& at) {
  return (at[0] * sizes[1] + at[1]) * sizes[2] + at[2];
}
/// Calls f(position) for each one, in row-major order.
template <class F>
void each(const Extent& sizes, F f) {
  for (std::int64_t d = 0; d < sizes[0]; ++d)
    for (std::int64_t h = 0; h < sizes[1]; ++h)
      for (std::int64_t w = 0; w < sizes[2]; ++w) f(Extent{d, h, w});
}

/// Everything about sizes and places in memory. "inputs" and "outputs" are channels of one group.
struct Geometry {
  std::int64_t batch, groups, inputs, outputs;
  Extent size{1, 1, 1}, kernel{1, 1, 1}, windows{1, 1, 1}, stride{1, 1, 1}, padding{0, 0, 0};

  Geometry(const Shape& x, const Shape& weight, const Windows& w)
      : batch(x[0]), groups(w.groups), inputs(weight[1]), outputs(weight[0] / w.groups) {
    const int dims = x.rank() - 2;
    for (int i = 0; i < dims; ++i) {
      const auto at = static_cast<std::size_t>(3 - dims + i);
      size[at] = x[2 + i];
      kernel[at] = weight[2 + i];
      stride[at] = w.stride;
      padding[at] = w.padding;
      windows[at] = w.count(size[at], kernel[at]);
    }
  }

  /// Channels are counted within group g.
  [[nodiscard]] std::size_t x_at(std::int64_t n, std::int64_t g, std::int64_t i,
                                 const Extent& at) const {
    const std::int64_t channel = (n * groups + g) * inputs + i;
    return static_cast<std::size_t>(channel * volume(size) + index_in(size, at));
  }
  [[nodiscard]] std::size_t weight_at(std::int64_t g, std::int64_t o, std::int64_t i,
                                      const Extent& at) const {
    const std::int64_t filter = (g * outputs + o) * inputs + i;
    return static_cast<std::size_t>(filter * volume(kernel) + index_in(kernel, at));
  }
  [[nodiscard]] std::size_t y_at(std::int64_t n, std::int64_t g, std::int64_t o,
                                 const Extent& at) const {
    const std::int64_t channel = (n * groups + g) * outputs + o;
    return static_cast<std::size_t>(channel * volume(windows) + index_in(windows, at));
  }
  /// The input that window `at` reads through place `k` of the kernel; false: padding.
  [[nodiscard]] bool read(const Extent& at, const Extent& k, Extent& input) const {
    bool inside = true;
    for (std::size_t i = 0; i < 3; ++i) {
      input[i] = at[i] * stride[i] + k[i] - padding[i];
      inside &= input[i] >= 0 && input[i] < size[i];
    }
    return inside;
  }
  /// The window that reads input `at` through place `k` of the kernel; false: none does.
  [[nodiscard]] bool reader(const Extent& at, const Extent& k, Extent& window) const {
    bool there = true;
    for (std::size_t i = 0; i < 3; ++i) {
      const std::int64_t distance = at[i] + padding[i] - k[i];
      window[i] = distance / stride[i];
      there &= distance >= 0 && distance % stride[i] == 0 && window[i] < windows[i];
    }
    return there;
  }
  /// Calls f(group, channel within it).
  template <class F>
  void each_output(F f) const {
    for (std::int64_t g = 0; g < groups; ++g)
      for (std::int64_t o = 0; o < outputs; ++o) f(g, o);
  }
  template <class F>
  void each_input(F f) const {
    for (std::int64_t g = 0; g < groups; ++g)
      for (std::int64_t i = 0; i < inputs; ++i) f(g, i);
  }
};

template <class A>
void forward(const Values& x, const Tensor& weight, const Tensor* bias, const Geometry& g,
             const Profile& profile, const Folding* folding, Bounded& y) {
  const Limits limits = limits_of(profile.dtype);
  Operands<A>& operand = operands<A>();
  operand.input.read(x);
  operand.weight.read(weight.values());
  // A folded convolution has a bias.
  const bool has_bias = bias != nullptr || folding != nullptr;
  const std::int64_t per_output = g.inputs * volume(g.kernel);
  const auto products = static_cast<double>(per_output + (has_bias ? 1 : 0));
  const double extra = folding == nullptr ? 0 : folding->roundings;
  Extent in{};
  for (std::int64_t n = 0; n < g.batch; ++n)
    g.each_output([&](std::int64_t group, std::int64_t o) {
      const std::int64_t channel = group * g.outputs + o;
      const auto output = static_cast<std::size_t>(channel);
      const double most = folding == nullptr ? 1 : folding->factors[output].most;
      bool normal = true;
      for (std::int64_t i = channel * per_output; folding && i < (channel + 1) * per_output; ++i)
        normal &= folding->keeps_normal(weight.at(i), output, limits);
      each(g.windows, [&](const Extent& window) {
        ProductSum<A> sum;
        if (!normal) sum.spoil();
        for (std::int64_t i = 0; i < g.inputs; ++i)
          each(g.kernel, [&](const Extent& k) {
            const std::size_t at = g.weight_at(group, o, i, k);
            if (g.read(window, k, in))
              sum.add(operand.input, g.x_at(n, group, i, in), operand.weight, at);
            else
              sum.add_padding(operand.weight, at);
          });
        if (bias != nullptr) sum.add(static_cast<A>(bias->at(channel)));
        store(y, g.y_at(n, group, o, window), sum.finish(products, profile, limits, extra, most));
      });
    });
}

template <class A>
void gradient_of_input(const Geometry& g, const Operands<A>& operand, const Profile& profile,
                       Bounded& out) {
  const Limits limits = limits_of(profile.dtype);
  const auto products = static_cast<double>(g.outputs * volume(g.kernel));
  Extent window{};
  for (std::int64_t n = 0; n < g.batch; ++n)
    g.each_input([&](std::int64_t group, std::int64_t i) {
      each(g.size, [&](const Extent& at) {
        ProductSum<A> sum;
        each(g.kernel, [&](const Extent& k) {
          const bool is_read = g.reader(at, k, window);
          for (std::int64_t o = 0; o < g.outputs; ++o) {
            const std::size_t weight = g.weight_at(group, o, i, k);
            if (is_read)
              sum.add(operand.upstream, g.y_at(n, group, o, window), operand.weight, weight);
            else
              sum.add_padding(operand.weight, weight);
          }
        });
        store(out, g.x_at(n, group, i, at), sum.finish(products, profile, limits));
      });
    });
}

template <class A>
void gradient_of_weight(const Geometry& g, const Operands<A>& operand, const Profile& profile,
                        Bounded& out) {
  const Limits limits = limits_of(profile.dtype);
  const auto products = static_cast<double>(g.batch * volume(g.windows));
  Extent in{};
  g.each_output([&](std::int64_t group, std::int64_t o) {
    for (std::int64_t i = 0; i < g.inputs; ++i)
      each(g.kernel, [&](const Extent& k) {
        ProductSum<A> sum;
        for (std::int64_t n = 0; n < g.batch; ++n)
          each(g.windows, [&](const Extent& window) {
            const std::size_t at = g.y_at(n, group, o, window);
            if (g.read(window, k, in))
              sum.add(operand.upstream, at, operand.input, g.x_at(n, group, i, in));
            else
              sum.add_padding(operand.upstream, at);
          });
        store(out, g.weight_at(group, o, i, k), sum.finish(products, profile, limits));
      });
  });
}

template <class A>
void gradient_of_bias(const Geometry& g, const Operands<A>& operand, const Profile& profile,
                      Bounded& out) {
  const Limits limits = limits_of(profile.dtype);
  const auto terms = static_cast<double>(g.batch * volume(g.windows));
  g.each_output([&](std::int64_t group, std::int64_t o) {
    ProductSum<A> sum;
    for (std::int64_t n = 0; n < g.batch; ++n)
      each(g.windows,
           [&](const Extent& window) { sum.add(operand.upstream, g.y_at(n, group, o, window)); });
    store(out, static_cast<std::size_t>(group * g.outputs + o), sum.finish(terms, profile, limits));
  });
}

template <class A>
void backward(const Values& x, const Tensor& weight, const Values& upstream, const Geometry& g,
              const Profile& profile, Bounded* input_gradient, Bounded* weight_gradient,
              Bounded* bias_gradient) {
  Operands<A>& operand = operands<A>();
  operand.input.read(x);
  operand.weight.read(weight.values());
  operand.upstream.read(upstream);
  if (input_gradient != nullptr) {
    resize(*input_gradient, x.shape);
    gradient_of_input(g, operand, profile, *input_gradient);
  }
  if (weight_gradient != nullptr) {
    resize(*weight_gradient, weight.shape());
    gradient_of_weight(g, operand, profile, *weight_gradient);
  }
  if (bias_gradient != nullptr) {
    resize(*bias_gradient, Shape{weight.shape()[0]});
    gradient_of_bias(g, operand, profile, *bias_gradient);
  }
}

}  // namespace

void conv(const Values& x, const Tensor& weight, const Tensor* bias, const Windows& windows,
          const Profile& profile, Bounded& y, const Folding* folding) {
  const Geometry g(x.shape, weight.shape(), windows);
  Shape shape{g.batch, weight.shape()[0]};
  for (int i = 2; i < x.shape.rank(); ++i)
    shape.push_back(windows.count(x.shape[i], weight.shape()[i]));
  resize(y, shape);
  visit_working_type(profile.dtype, [&]<class A>(std::type_identity<A>) {
    forward<A>(x, weight, bias, g, profile, folding, y);
  });
}

void conv_backward(const Values& x, const Tensor& weight, const Values& upstream,
                   const Windows& windows, const Profile& profile, Bounded* input_gradient,
                   Bounded* weight_gradient, Bounded* bias_gradient) {
  const Geometry g(x.shape, weight.shape(), windows);
  visit_working_type(profile.dtype, [&]<class A>(std::type_identity<A>) {
    backward<A>(x, weight, upstream, g, profile, input_gradient, weight_gradient, bias_gradient);
  });
}

}  // namespace normdiff::reference
