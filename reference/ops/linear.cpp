#include "reference/ops/linear.hpp"

#include <vector>

#include "reference/ops/product_sum.hpp"

namespace normdiff::reference {
namespace {

using namespace detail;

struct Sizes {
  std::size_t rows = 1, inputs = 0, outputs = 0;
};

Sizes sizes_of(const Shape& x, const Tensor& weight) {
  Sizes s;
  for (int d = 0; d + 1 < x.rank(); ++d) s.rows *= static_cast<std::size_t>(x[d]);
  s.outputs = static_cast<std::size_t>(weight.shape()[0]);
  s.inputs = static_cast<std::size_t>(weight.shape()[1]);
  return s;
}

template <class A>
void forward(const Values& x, const Tensor& weight, const Tensor* bias, const Profile& profile,
             const Folding* folding, Bounded& y) {
  const Sizes s = sizes_of(x.shape, weight);
  const Limits limits = limits_of(profile.dtype);
  Operands<A>& o = operands<A>();
  o.input.read(x);
  o.weight.read(weight.values());
  // A folded layer has a bias.
  const bool has_bias = bias != nullptr || folding != nullptr;
  const double products = static_cast<double>(s.inputs) + (has_bias ? 1 : 0);
  const double extra = folding == nullptr ? 0 : folding->roundings;
  std::vector<bool> normal(s.outputs, true);
  for (std::size_t i = 0; folding != nullptr && i < s.outputs * s.inputs; ++i)
    if (!folding->keeps_normal(weight.at(static_cast<std::int64_t>(i)), i / s.inputs, limits))
      normal[i / s.inputs] = false;
  for (std::size_t r = 0; r < s.rows; ++r) {
    for (std::size_t j = 0; j < s.outputs; ++j) {
      const double most = folding == nullptr ? 1 : folding->factors[j].most;
      ProductSum<A> sum;
      if (!normal[j]) sum.spoil();
      for (std::size_t i = 0; i < s.inputs; ++i)
        sum.add(o.input, r * s.inputs + i, o.weight, j * s.inputs + i);
      if (bias != nullptr)
        sum.add(static_cast<A>(bias->at(bias->numel() == 1 ? 0 : static_cast<std::int64_t>(j))));
      store(y, r * s.outputs + j, sum.finish(products, profile, limits, extra, most));
    }
  }
}

template <class A>
void backward(const Values& x, const Tensor& weight, const Tensor* bias, const Values& upstream,
              const Profile& profile, Bounded* input_gradient, Bounded* weight_gradient,
              Bounded* bias_gradient) {
  const Sizes s = sizes_of(x.shape, weight);
  const Limits limits = limits_of(profile.dtype);
  Operands<A>& o = operands<A>();
  o.input.read(x);
  o.weight.read(weight.values());
  o.upstream.read(upstream);
  if (input_gradient != nullptr) {
    resize(*input_gradient, x.shape);
    for (std::size_t r = 0; r < s.rows; ++r) {
      for (std::size_t i = 0; i < s.inputs; ++i) {
        ProductSum<A> sum;
        for (std::size_t j = 0; j < s.outputs; ++j)
          sum.add(o.upstream, r * s.outputs + j, o.weight, j * s.inputs + i);
        store(*input_gradient, r * s.inputs + i,
              sum.finish(static_cast<double>(s.outputs), profile, limits));
      }
    }
  }
  const auto rows = static_cast<double>(s.rows);
  if (weight_gradient != nullptr) {
    resize(*weight_gradient, weight.shape());
    for (std::size_t j = 0; j < s.outputs; ++j) {
      for (std::size_t i = 0; i < s.inputs; ++i) {
        ProductSum<A> sum;
        for (std::size_t r = 0; r < s.rows; ++r)
          sum.add(o.upstream, r * s.outputs + j, o.input, r * s.inputs + i);
        store(*weight_gradient, j * s.inputs + i, sum.finish(rows, profile, limits));
      }
    }
  }
  if (bias_gradient != nullptr) {
    resize(*bias_gradient, bias->shape());
    const auto biases = static_cast<std::size_t>(bias->numel());
    const std::size_t share = biases == 1 ? s.outputs : 1;  // of the outputs, for each bias
    for (std::size_t b = 0; b < biases; ++b) {
      ProductSum<A> sum;
      for (std::size_t r = 0; r < s.rows; ++r)
        for (std::size_t j = 0; j < share; ++j) sum.add(o.upstream, r * s.outputs + b + j);
      store(*bias_gradient, b, sum.finish(rows * static_cast<double>(share), profile, limits));
    }
  }
}

}  // namespace

void linear(const Values& x, const Tensor& weight, const Tensor* bias, const Profile& profile,
            Bounded& y, const Folding* folding) {
  Shape shape;
  for (int d = 0; d + 1 < x.shape.rank(); ++d) shape.push_back(x.shape[d]);
  shape.push_back(weight.shape()[0]);
  resize(y, shape);
  visit_working_type(profile.dtype, [&]<class A>(std::type_identity<A>) {
    forward<A>(x, weight, bias, profile, folding, y);
  });
}

void linear_backward(const Values& x, const Tensor& weight, const Tensor* bias,
                     const Values& upstream, const Profile& profile, Bounded* input_gradient,
                     Bounded* weight_gradient, Bounded* bias_gradient) {
  visit_working_type(profile.dtype, [&]<class A>(std::type_identity<A>) {
    backward<A>(x, weight, bias, upstream, profile, input_gradient, weight_gradient, bias_gradient);
  });
}

}  // namespace normdiff::reference
