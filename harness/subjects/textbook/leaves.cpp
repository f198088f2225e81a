#include "harness/subjects/textbook/leaves.hpp"

#include <cstring>

#include "harness/subjects/textbook/batch_norm.hpp"

namespace normdiff::textbook {
namespace {

/// y[row, o] = sum over k of x[row, k] * weight[o, k], + bias[o].
template <class T>
struct LinearLayer {
  std::int64_t rows, in, out;

  LinearLayer(const Shape& x, const Shape& weight) : rows(1), in(weight[1]), out(weight[0]) {
    for (int i = 0; i + 1 < x.rank(); ++i) rows *= x[i];
  }
  void forward(const T* x, const T* w, const T* b, T* y) const {
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t o = 0; o < out; ++o) {
        T sum = 0;
        for (std::int64_t k = 0; k < in; ++k) sum += x[r * in + k] * w[o * in + k];
        y[r * out + o] = b ? sum + b[o] : sum;
      }
  }
  void backward(const T* x, const T* w, const T* dy, T* dx, T* dw, T* db) const {
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t o = 0; o < out; ++o) {
        const T d = dy[r * out + o];
        if (db) db[o] += d;
        for (std::int64_t k = 0; k < in; ++k) {
          dw[o * in + k] += d * x[r * in + k];
          if (dx) dx[r * in + k] += d * w[o * in + k];
        }
      }
  }
};

/// A cross-correlation of (N, C, H, W) with zeros around it.
template <class T>
struct ConvLayer {
  std::int64_t batch, in, height, width, out, kernel, stride, padding, out_height, out_width;

  ConvLayer(const Shape& x, const Shape& weight, const reference::Conv2dOptions& options)
      : batch(x.rank() == 4 ? x[0] : 1),
        in(weight[1]),
        height(x[x.rank() - 2]),
        width(x[x.rank() - 1]),
        out(weight[0]),
        kernel(weight[2]),
        stride(options.stride),
        padding(options.padding),
        out_height((height + 2 * padding - kernel) / stride + 1),
        out_width((width + 2 * padding - kernel) / stride + 1) {}

  /// f(index of x, of weight, of y, output channel) for every product.
  template <class Begin, class F, class End>
  void each(Begin begin, F f, End end) const {
    for (std::int64_t n = 0; n < batch; ++n)
      for (std::int64_t o = 0; o < out; ++o)
        for (std::int64_t r = 0; r < out_height; ++r)
          for (std::int64_t c = 0; c < out_width; ++c) {
            const std::int64_t y = ((n * out + o) * out_height + r) * out_width + c;
            begin(y, o);
            for (std::int64_t i = 0; i < in; ++i)
              for (std::int64_t kr = 0; kr < kernel; ++kr)
                for (std::int64_t kc = 0; kc < kernel; ++kc) {
                  const std::int64_t row = r * stride + kr - padding;
                  const std::int64_t column = c * stride + kc - padding;
                  if (row < 0 || row >= height || column < 0 || column >= width) continue;
                  f(((n * in + i) * height + row) * width + column,
                    ((o * in + i) * kernel + kr) * kernel + kc, y);
                }
            end(y, o);
          }
  }
  void forward(const T* x, const T* w, const T* b, T* y) const {
    T sum = 0;
    each([&](std::int64_t, std::int64_t) { sum = 0; },
         [&](std::int64_t xi, std::int64_t wi, std::int64_t) { sum += x[xi] * w[wi]; },
         [&](std::int64_t yi, std::int64_t o) { y[yi] = b ? sum + b[o] : sum; });
  }
  void backward(const T* x, const T* w, const T* dy, T* dx, T* dw, T* db) const {
    each(
        [&](std::int64_t yi, std::int64_t o) {
          if (db) db[o] += dy[yi];
        },
        [&](std::int64_t xi, std::int64_t wi, std::int64_t yi) {
          dw[wi] += dy[yi] * x[xi];
          if (dx) dx[xi] += dy[yi] * w[wi];
        },
        [](std::int64_t, std::int64_t) {});
  }
};

template <class T>
Tensor run_relu(const Tensor& input) {
  Tensor output(input.dtype(), input.shape());
  const T* x = static_cast<const T*>(input.data());
  T* y = static_cast<T*>(output.data());
  for (std::int64_t i = 0; i < input.numel(); ++i) y[i] = x[i] <= 0 ? T(0) : x[i];  // NaN stays
  return output;
}

template <class T>
Tensor run_relu_backward(const Tensor& input, const Tensor& gradient) {
  Tensor output(input.dtype(), input.shape());
  const T* x = static_cast<const T*>(input.data());
  const T* dy = static_cast<const T*>(gradient.data());
  T* dx = static_cast<T*>(output.data());
  for (std::int64_t i = 0; i < input.numel(); ++i) dx[i] = x[i] <= 0 ? T(0) : dy[i];
  return output;
}

template <class T, class Layer>
Tensor run_layer(const Layer& layer, Module& module, const Tensor& input, const Shape& shape) {
  Tensor output(input.dtype(), shape);
  const auto& bias = module[TensorSlot::bias];
  layer.forward(static_cast<const T*>(input.data()),
                static_cast<const T*>(module[TensorSlot::weight]->data()),
                bias ? static_cast<const T*>(bias->data()) : nullptr,
                static_cast<T*>(output.data()));
  return output;
}

template <class T, class Layer>
Gradients run_layer_backward(const Layer& layer, const Call& call, const Tensor& gradient,
                             Fault fault) {
  const auto& weight = weight_of(call, fault);
  Gradients out;
  if (call.input_requires_grad) out.input = Tensor(call.input.dtype(), call.input.shape());
  out.weight = Tensor(call.input.dtype(), weight->shape());
  if ((*call.module)[TensorSlot::bias])
    out.bias = Tensor(call.input.dtype(), Shape{weight->shape()[0]});
  layer.backward(static_cast<const T*>(call.input.data()), static_cast<const T*>(weight->data()),
                 static_cast<const T*>(gradient.data()),
                 call.input_requires_grad ? static_cast<T*>(out.input.data()) : nullptr,
                 static_cast<T*>(out.weight->data()),
                 out.bias ? static_cast<T*>(out.bias->data()) : nullptr);
  return out;
}

std::optional<Refusal> conv_refusal(Module& module, const Shape& x) {
  const Shape& weight = module[TensorSlot::weight]->shape();
  const std::int64_t around = 2 * std::get<reference::Conv2dOptions>(module.spec->options).padding;
  const std::int64_t images = x.rank() == 4 ? x[0] : 1;
  const std::int64_t channels = x[x.rank() - 3];
  const std::int64_t height = x[x.rank() - 2];
  const std::int64_t width = x[x.rank() - 1];
  if (channels != weight[1])
    return Refusal{ErrorKind::channel_mismatch, "the input has another number of channels"};
  if (height + around < weight[2] || width + around < weight[3])
    return Refusal{ErrorKind::shape_mismatch, "the kernel is larger than the padded input"};
  // Whatever the padding. No images, or images without channels, are fine.
  if (images != 0 && channels != 0 && height * width == 0)
    return Refusal{ErrorKind::shape_mismatch, "the images have no elements"};
  return std::nullopt;
}

bool takes_rank(ModuleKind kind, int rank) {
  switch (kind) {
    case ModuleKind::BatchNorm1d:
      return rank == 2 || rank == 3;
    case ModuleKind::BatchNorm2d:
      return rank == 4;
    case ModuleKind::BatchNorm3d:
      return rank == 5;
    case ModuleKind::Conv2d:
      return rank == 3 || rank == 4;
    case ModuleKind::Linear:
      return rank >= 1;
    case ModuleKind::Flatten:
      return rank >= 2;
    default:
      return true;
  }
}

/// A graph has none of the modules' checks, and its convolutions take the rank they were traced
/// with.
bool takes(const Module& module, int rank, const BakedCall& baked) {
  if (module.spec->kind == ModuleKind::Conv2d && baked.rank != 0 && baked.rank != rank)
    return false;
  return (module.baked_mode && rank >= 2) || takes_rank(module.spec->kind, rank);
}

std::optional<Refusal> refusal(Module& module, const Tensor& input, const Manner& manner) {
  const Shape& x = input.shape();
  if (!takes(module, x.rank(), manner.baked))
    return Refusal{ErrorKind::wrong_rank, "the input has a number of dimensions not taken"};
  if (module.is_batch_norm()) return batch_norm_refusal(module, input, manner);
  const auto& weight = module[TensorSlot::weight];
  if (!weight) return std::nullopt;
  if (weight->dtype() != input.dtype())
    return Refusal{ErrorKind::dtype_mismatch, "the input has another dtype"};
  if (module.spec->kind == ModuleKind::Conv2d) return conv_refusal(module, x);
  if (x[x.rank() - 1] != weight->shape()[1])
    return Refusal{ErrorKind::shape_mismatch, "the input has another number of features"};
  return std::nullopt;
}

template <class T>
Tensor run(Module& module, const Tensor& input) {
  const Shape& x = input.shape();
  if (module.spec->kind == ModuleKind::ReLU) return run_relu<T>(input);
  const Shape& weight = module[TensorSlot::weight]->shape();
  Shape shape = x;
  if (module.spec->kind == ModuleKind::Linear) {
    shape[x.rank() - 1] = weight[0];
    return run_layer<T>(LinearLayer<T>(x, weight), module, input, shape);
  }
  const ConvLayer<T> layer(x, weight, std::get<reference::Conv2dOptions>(module.spec->options));
  shape[x.rank() - 3] = layer.out;
  shape[x.rank() - 2] = layer.out_height;
  shape[x.rank() - 1] = layer.out_width;
  return run_layer<T>(layer, module, input, shape);
}

template <class T>
Gradients run_backward(const Call& call, const Tensor& gradient, Fault fault) {
  const ModuleSpec& spec = *call.module->spec;
  const Shape& x = call.input.shape();
  if (spec.kind == ModuleKind::ReLU) return {run_relu_backward<T>(call.input, gradient), {}, {}};
  if (spec.kind == ModuleKind::Linear)
    return run_layer_backward<T>(LinearLayer<T>(x, call.weight->shape()), call, gradient, fault);
  return run_layer_backward<T>(
      ConvLayer<T>(x, call.weight->shape(), std::get<reference::Conv2dOptions>(spec.options)), call,
      gradient, fault);
}

}  // namespace

const std::optional<Tensor>& weight_of(const Call& call, Fault fault) {
  const auto& now = (*call.module)[TensorSlot::weight];
  const bool stale = fault == Fault::stale_graph && now && now->dtype() == call.input.dtype();
  return stale ? now : call.weight;
}

Tensor reshaped(const Tensor& tensor, const Shape& shape) {
  Tensor out(tensor.dtype(), shape);
  if (tensor.numel() > 0)
    std::memcpy(out.data(), tensor.data(),
                static_cast<std::size_t>(tensor.numel()) * reference::size_of(tensor.dtype()));
  return out;
}

std::variant<Tensor, Refusal> forward(const ModulePtr& module, const Tensor& input,
                                      const Manner& manner, Call& call) {
  if (auto refused = refusal(*module, input, manner)) return *refused;
  call.module = module;
  call.input = input;
  if (const auto& weight = (*module)[TensorSlot::weight]) call.weight = weight->clone();
  Tensor output;
  if (module->is_batch_norm()) {
    output = batch_norm(*module, input, manner, call);
  } else if (module->spec->kind == ModuleKind::Flatten) {
    Shape flat{input.shape()[0], 1};
    for (int i = 1; i < input.shape().rank(); ++i) flat[1] *= input.shape()[i];
    output = reshaped(input, flat);
  } else {
    output = reference::visit_floating(
        input.dtype(), [&]<class T>(std::type_identity<T>) { return run<T>(*module, input); });
  }
  call.output = output.shape();
  return output;
}

Gradients backward(const Call& call, const Tensor& gradient, Fault fault) {
  if (call.module->is_batch_norm()) return batch_norm_backward(call, gradient, fault);
  if (call.module->spec->kind == ModuleKind::Flatten)
    return {reshaped(gradient, call.input.shape()), {}, {}};
  return reference::visit_floating(gradient.dtype(), [&]<class T>(std::type_identity<T>) {
    return run_backward<T>(call, gradient, fault);
  });
}

}  // namespace normdiff::textbook
