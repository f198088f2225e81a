#include "reference/ops/conv2d.hpp"

#include "reference/ops/product_sum.hpp"

namespace normdiff::reference {
namespace {

using namespace detail;

struct Geometry {
  std::int64_t batch, inputs, height, width;
  std::int64_t outputs, kernel_height, kernel_width;
  std::int64_t out_height, out_width, stride, padding;

  Geometry(const Shape& x, const Shape& weight, std::int64_t stride_, std::int64_t padding_)
      : batch(x[0]),
        inputs(x[1]),
        height(x[2]),
        width(x[3]),
        outputs(weight[0]),
        kernel_height(weight[2]),
        kernel_width(weight[3]),
        out_height((x[2] + 2 * padding_ - weight[2]) / stride_ + 1),
        out_width((x[3] + 2 * padding_ - weight[3]) / stride_ + 1),
        stride(stride_),
        padding(padding_) {}

  [[nodiscard]] std::size_t x_at(std::int64_t n, std::int64_t i, std::int64_t h,
                                 std::int64_t w) const {
    return static_cast<std::size_t>(((n * inputs + i) * height + h) * width + w);
  }
  [[nodiscard]] std::size_t weight_at(std::int64_t o, std::int64_t i, std::int64_t h,
                                      std::int64_t w) const {
    return static_cast<std::size_t>(((o * inputs + i) * kernel_height + h) * kernel_width + w);
  }
  [[nodiscard]] std::size_t y_at(std::int64_t n, std::int64_t o, std::int64_t h,
                                 std::int64_t w) const {
    return static_cast<std::size_t>(((n * outputs + o) * out_height + h) * out_width + w);
  }
  [[nodiscard]] bool inside(std::int64_t h, std::int64_t w) const {
    return h >= 0 && h < height && w >= 0 && w < width;
  }
  /// The output row (or column) that reads input `at` through kernel row `k`; -1 for none.
  [[nodiscard]] std::int64_t reader(std::int64_t at, std::int64_t k, std::int64_t outs) const {
    const std::int64_t distance = at + padding - k;
    return distance >= 0 && distance % stride == 0 && distance / stride < outs ? distance / stride
                                                                               : -1;
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
  const std::int64_t per_output = g.inputs * g.kernel_height * g.kernel_width;
  const auto products = static_cast<double>(per_output + (has_bias ? 1 : 0));
  const double extra = folding == nullptr ? 0 : folding->roundings;
  for (std::int64_t n = 0; n < g.batch; ++n)
    for (std::int64_t o = 0; o < g.outputs; ++o) {
      const auto output = static_cast<std::size_t>(o);
      const double most = folding == nullptr ? 1 : folding->factors[output].most;
      bool normal = true;
      for (std::int64_t i = o * per_output; folding && i < (o + 1) * per_output; ++i)
        normal &= folding->keeps_normal(weight.at(i), output, limits);
      for (std::int64_t oh = 0; oh < g.out_height; ++oh)
        for (std::int64_t ow = 0; ow < g.out_width; ++ow) {
          ProductSum<A> sum;
          if (!normal) sum.spoil();
          for (std::int64_t i = 0; i < g.inputs; ++i)
            for (std::int64_t kh = 0; kh < g.kernel_height; ++kh)
              for (std::int64_t kw = 0; kw < g.kernel_width; ++kw) {
                const std::int64_t h = oh * g.stride + kh - g.padding;
                const std::int64_t w = ow * g.stride + kw - g.padding;
                if (g.inside(h, w))
                  sum.add(operand.input, g.x_at(n, i, h, w), operand.weight,
                          g.weight_at(o, i, kh, kw));
                else
                  sum.add_padding(operand.weight, g.weight_at(o, i, kh, kw));
              }
          if (bias != nullptr) sum.add(static_cast<A>(bias->at(o)));
          store(y, g.y_at(n, o, oh, ow), sum.finish(products, profile, limits, extra, most));
        }
    }
}

template <class A>
void gradient_of_input(const Geometry& g, const Operands<A>& operand, const Profile& profile,
                       Bounded& out) {
  const Limits limits = limits_of(profile.dtype);
  const auto products = static_cast<double>(g.outputs * g.kernel_height * g.kernel_width);
  for (std::int64_t n = 0; n < g.batch; ++n)
    for (std::int64_t i = 0; i < g.inputs; ++i)
      for (std::int64_t h = 0; h < g.height; ++h)
        for (std::int64_t w = 0; w < g.width; ++w) {
          ProductSum<A> sum;
          for (std::int64_t kh = 0; kh < g.kernel_height; ++kh) {
            const std::int64_t oh = g.reader(h, kh, g.out_height);
            for (std::int64_t kw = 0; kw < g.kernel_width; ++kw) {
              const std::int64_t ow = g.reader(w, kw, g.out_width);
              for (std::int64_t o = 0; o < g.outputs; ++o) {
                const std::size_t at = g.weight_at(o, i, kh, kw);
                if (oh >= 0 && ow >= 0)
                  sum.add(operand.upstream, g.y_at(n, o, oh, ow), operand.weight, at);
                else
                  sum.add_padding(operand.weight, at);
              }
            }
          }
          store(out, g.x_at(n, i, h, w), sum.finish(products, profile, limits));
        }
}

template <class A>
void gradient_of_weight(const Geometry& g, const Operands<A>& operand, const Profile& profile,
                        Bounded& out) {
  const Limits limits = limits_of(profile.dtype);
  const auto products = static_cast<double>(g.batch * g.out_height * g.out_width);
  for (std::int64_t o = 0; o < g.outputs; ++o)
    for (std::int64_t i = 0; i < g.inputs; ++i)
      for (std::int64_t kh = 0; kh < g.kernel_height; ++kh)
        for (std::int64_t kw = 0; kw < g.kernel_width; ++kw) {
          ProductSum<A> sum;
          for (std::int64_t n = 0; n < g.batch; ++n)
            for (std::int64_t oh = 0; oh < g.out_height; ++oh)
              for (std::int64_t ow = 0; ow < g.out_width; ++ow) {
                const std::int64_t h = oh * g.stride + kh - g.padding;
                const std::int64_t w = ow * g.stride + kw - g.padding;
                const std::size_t at = g.y_at(n, o, oh, ow);
                if (g.inside(h, w))
                  sum.add(operand.upstream, at, operand.input, g.x_at(n, i, h, w));
                else
                  sum.add_padding(operand.upstream, at);
              }
          store(out, g.weight_at(o, i, kh, kw), sum.finish(products, profile, limits));
        }
}

template <class A>
void gradient_of_bias(const Geometry& g, const Operands<A>& operand, const Profile& profile,
                      Bounded& out) {
  const Limits limits = limits_of(profile.dtype);
  const auto terms = static_cast<double>(g.batch * g.out_height * g.out_width);
  for (std::int64_t o = 0; o < g.outputs; ++o) {
    ProductSum<A> sum;
    for (std::int64_t n = 0; n < g.batch; ++n)
      for (std::int64_t oh = 0; oh < g.out_height; ++oh)
        for (std::int64_t ow = 0; ow < g.out_width; ++ow)
          sum.add(operand.upstream, g.y_at(n, o, oh, ow));
    store(out, static_cast<std::size_t>(o), sum.finish(terms, profile, limits));
  }
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
    resize(*bias_gradient, Shape{g.outputs});
    gradient_of_bias(g, operand, profile, *bias_gradient);
  }
}

}  // namespace

void conv2d(const Values& x, const Tensor& weight, const Tensor* bias, std::int64_t stride,
            std::int64_t padding, const Profile& profile, Bounded& y, const Folding* folding) {
  const Geometry g(x.shape, weight.shape(), stride, padding);
  resize(y, {g.batch, g.outputs, g.out_height, g.out_width});
  visit_working_type(profile.dtype, [&]<class A>(std::type_identity<A>) {
    forward<A>(x, weight, bias, g, profile, folding, y);
  });
}

void conv2d_backward(const Values& x, const Tensor& weight, const Values& upstream,
                     std::int64_t stride, std::int64_t padding, const Profile& profile,
                     Bounded* input_gradient, Bounded* weight_gradient, Bounded* bias_gradient) {
  const Geometry g(x.shape, weight.shape(), stride, padding);
  visit_working_type(profile.dtype, [&]<class A>(std::type_identity<A>) {
    backward<A>(x, weight, upstream, g, profile, input_gradient, weight_gradient, bias_gradient);
  });
}

}  // namespace normdiff::reference
