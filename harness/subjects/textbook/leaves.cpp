#include "harness/subjects/textbook/leaves.hpp"

#include <array>
#include <cstring>

#include "harness/subjects/textbook/batch_norm.hpp"

namespace normdiff::textbook {
namespace {

/// Calls f with a zero of the type that computes in a dtype.
template <class F>
auto with_type(DType dtype, F f) {
  return reference::visit_floating(dtype, [&f]<class T>(std::type_identity<T>) { return f(T{}); });
}

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

/// A cross-correlation of (N, C, sizes...) with zeros around it, in up to three dimensions: those
/// that are not there have a size of 1. Each group of channels has its own filters.
template <class T>
struct ConvLayer {
  using Extent = std::array<std::int64_t, 3>;
  std::int64_t batch, groups, in, out;  ///< channels of one group
  Extent size{1, 1, 1}, kernel{1, 1, 1}, windows{1, 1, 1}, stride{1, 1, 1}, padding{0, 0, 0};

  ConvLayer(const Shape& x, const Shape& weight, const reference::ConvOptions& options)
      : batch(x.rank() == weight.rank() ? x[0] : 1),
        groups(options.groups),
        in(weight[1]),
        out(weight[0] / groups) {
    const int dims = weight.rank() - 2;
    for (int i = 0; i < dims; ++i) {
      const auto at = static_cast<std::size_t>(3 - dims + i);
      size[at] = x[x.rank() - dims + i];
      kernel[at] = weight[2 + i];
      stride[at] = options.stride;
      padding[at] = options.padding;
      windows[at] = (size[at] + 2 * padding[at] - kernel[at]) / stride[at] + 1;
    }
  }

  template <class F>
  static void each_in(const Extent& sizes, F f) {
    std::int64_t number = 0;
    for (std::int64_t d = 0; d < sizes[0]; ++d)
      for (std::int64_t h = 0; h < sizes[1]; ++h)
        for (std::int64_t w = 0; w < sizes[2]; ++w) f(number++, Extent{d, h, w});
  }
  static std::int64_t volume(const Extent& sizes) { return sizes[0] * sizes[1] * sizes[2]; }

  /// The element of an image that a window reads through a place of the kernel; -1: padding.
  [[nodiscard]] std::int64_t read(const Extent& window, const Extent& place) const {
    std::int64_t at = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      const std::int64_t along = window[i] * stride[i] + place[i] - padding[i];
      if (along < 0 || along >= size[i]) return -1;
      at = at * size[i] + along;
    }
    return at;
  }
  /// f(index of x, of weight, of y) for every product, between begin and end(index of y, output
  /// channel).
  template <class Begin, class F, class End>
  void each(Begin begin, F f, End end) const {
    for (std::int64_t n = 0; n < batch; ++n)
      for (std::int64_t o = 0; o < groups * out; ++o)
        each_in(windows, [&](std::int64_t number, const Extent& window) {
          const std::int64_t y = (n * groups * out + o) * volume(windows) + number;
          const std::int64_t first = (n * groups + o / out) * in;  // input of this group
          begin(y, o);
          for (std::int64_t i = 0; i < in; ++i)
            each_in(kernel, [&](std::int64_t k, const Extent& place) {
              const std::int64_t at = read(window, place);
              if (at >= 0) f((first + i) * volume(size) + at, (o * in + i) * volume(kernel) + k, y);
            });
          end(y, o);
        });
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

/// A graph has none of the modules' checks, and its convolutions take the rank they were traced
/// with.
template <class Layer>
bool takes(const Layer& layer, const Module& module, int rank, const BakedCall& baked) {
  const bool by_batch = Layer::traits.rank_check == reference::RankCheck::operation_by_batch;
  if (by_batch && baked.rank != 0 && baked.rank != rank) return false;
  return (module.baked_mode && rank >= 2) || layer.takes_rank(rank);
}
std::optional<Refusal> other_dtype(Module& module, const Tensor& input) {
  if (module[TensorSlot::weight]->dtype() == input.dtype()) return std::nullopt;
  return Refusal{ErrorKind::dtype_mismatch, "the input has another dtype"};
}

// --- One group of functions for each layer: what it refuses beyond ranks, its output, its
// gradients

std::optional<Refusal> refusal(const reference::BatchNormOptions&, Module& module,
                               const Tensor& input, const Manner& manner) {
  return batch_norm_refusal(module, input, manner);
}
Tensor run(const reference::BatchNormOptions&, Module& module, const Tensor& input,
           const Manner& manner, Call& call) {
  return normalise(module, input, extent_of(input.shape()), manner, call);
}
Gradients run_backward(const reference::BatchNormOptions&, const Call& call, const Tensor& gradient,
                       Fault fault) {
  return normalise_backward(call, gradient, extent_of(call.input.shape()), fault);
}

/// The sizes of an (N, C, *) tensor as 1 x (N C) x the rest; without a batch N is 1.
template <int dims>
Extent extent_of_samples(const Shape& shape, const BakedCall& baked) {
  const int rank = baked.rank == 0 ? shape.rank() : baked.rank;
  const int channels = rank == dims + 1 ? 0 : 1;
  Extent extent{1, channels == 0 ? shape[0] : shape[0] * shape[1], 1};
  for (int i = channels + 1; i < shape.rank(); ++i) extent.inner *= shape[i];
  return extent;
}

template <int dims>
std::optional<Refusal> refusal(const reference::InstanceNorm<dims>&, Module& module,
                               const Tensor& input, const Manner& manner) {
  const Shape& shape = input.shape();
  const Extent extent = extent_of_samples<dims>(shape, manner.baked);
  const bool training = module.runs_in_training();
  const bool uses_statistics = !training && module.track_running_stats;
  if (uses_statistics && !module[TensorSlot::running_mean])
    return Refusal{ErrorKind::missing_statistics, "there are no running statistics to use"};
  const int rank = manner.baked.rank == 0 ? shape.rank() : manner.baked.rank;
  const std::int64_t channels = shape[rank == dims + 1 ? 0 : 1];
  for (const TensorSlot slot : all_of<TensorSlot>) {
    if (slot == TensorSlot::num_batches_tracked) continue;
    if (!reference::is_parameter(slot) && !module.track_running_stats) continue;
    const auto& tensor = module[slot];
    if (tensor && tensor->numel() != channels)
      return Refusal{ErrorKind::channel_mismatch, "the input has another number of channels"};
    if (tensor && tensor->dtype() != input.dtype())
      return Refusal{ErrorKind::dtype_mismatch, "the input has another dtype"};
  }
  if (module.baked_mode || !manner.checks || uses_statistics || extent.inner != 1)
    return std::nullopt;
  return Refusal{ErrorKind::single_value_per_channel, "one value for each sample and channel"};
}
template <int dims>
Tensor run(const reference::InstanceNorm<dims>&, Module& module, const Tensor& input,
           const Manner& manner, Call& call) {
  return normalise(module, input, extent_of_samples<dims>(input.shape(), manner.baked), manner,
                   call);
}
template <int dims>
Gradients run_backward(const reference::InstanceNorm<dims>&, const Call& call,
                       const Tensor& gradient, Fault fault) {
  const std::int64_t channels = call.mean.numel();
  const std::int64_t inner = channels == 0 ? 0 : call.input.numel() / channels;
  return normalise_backward(call, gradient, {1, channels, inner}, fault);
}

std::optional<Refusal> refusal(const reference::ConvOptions& options, Module& module,
                               const Tensor& input, const Manner&) {
  if (auto refused = other_dtype(module, input)) return refused;
  const Shape& x = input.shape();
  const Shape& weight = module[TensorSlot::weight]->shape();
  const int channels = x.rank() - weight.rank() + 1;
  if (weight[0] % options.groups != 0)
    return Refusal{ErrorKind::shape_mismatch, "groups does not divide the filters"};
  if (x[channels] != weight[1] * options.groups)
    return Refusal{ErrorKind::channel_mismatch, "the input has another number of channels"};
  std::int64_t elements = 1;
  for (int i = channels + 1; i < x.rank(); ++i) {
    if (x[i] + 2 * options.padding < weight[i - channels + 1])
      return Refusal{ErrorKind::shape_mismatch, "the kernel is larger than the padded input"};
    elements *= x[i];
  }
  // Whatever the padding. No images, or images without channels, are fine.
  const std::int64_t images = channels == 1 ? x[0] : 1;
  if (images != 0 && x[channels] != 0 && elements == 0)
    return Refusal{ErrorKind::shape_mismatch, "the images have no elements"};
  return std::nullopt;
}
Tensor run(const reference::ConvOptions& options, Module& module, const Tensor& input,
           const Manner&, Call&) {
  return with_type(input.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const Shape& weight = module[TensorSlot::weight]->shape();
    const ConvLayer<T> layer(input.shape(), weight, options);
    Shape shape = input.shape();
    const int dims = weight.rank() - 2;
    shape[shape.rank() - dims - 1] = weight[0];
    for (int i = 0; i < dims; ++i)
      shape[shape.rank() - dims + i] = layer.windows[static_cast<std::size_t>(3 - dims + i)];
    return run_layer<T>(layer, module, input, shape);
  });
}
Gradients run_backward(const reference::ConvOptions& options, const Call& call,
                       const Tensor& gradient, Fault fault) {
  return with_type(gradient.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const ConvLayer<T> layer(call.input.shape(), call.weight->shape(), options);
    return run_layer_backward<T>(layer, call, gradient, fault);
  });
}

std::optional<Refusal> refusal(const reference::Linear&, Module& module, const Tensor& input,
                               const Manner&) {
  if (auto refused = other_dtype(module, input)) return refused;
  const Shape& x = input.shape();
  if (x[x.rank() - 1] == module[TensorSlot::weight]->shape()[1]) return std::nullopt;
  return Refusal{ErrorKind::shape_mismatch, "the input has another number of features"};
}
Tensor run(const reference::Linear&, Module& module, const Tensor& input, const Manner&, Call&) {
  return with_type(input.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const Shape& weight = module[TensorSlot::weight]->shape();
    Shape shape = input.shape();
    shape[shape.rank() - 1] = weight[0];
    return run_layer<T>(LinearLayer<T>(input.shape(), weight), module, input, shape);
  });
}
Gradients run_backward(const reference::Linear&, const Call& call, const Tensor& gradient,
                       Fault fault) {
  return with_type(gradient.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const LinearLayer<T> layer(call.input.shape(), call.weight->shape());
    return run_layer_backward<T>(layer, call, gradient, fault);
  });
}

std::optional<Refusal> refusal(const reference::ReLU&, Module&, const Tensor&, const Manner&) {
  return std::nullopt;
}
Tensor run(const reference::ReLU&, Module&, const Tensor& input, const Manner&, Call&) {
  return with_type(input.dtype(), [&](auto zero) { return run_relu<decltype(zero)>(input); });
}
Gradients run_backward(const reference::ReLU&, const Call& call, const Tensor& gradient, Fault) {
  return with_type(gradient.dtype(), [&](auto zero) {
    return Gradients{run_relu_backward<decltype(zero)>(call.input, gradient), {}, {}};
  });
}

std::optional<Refusal> refusal(const reference::Flatten&, Module&, const Tensor&, const Manner&) {
  return std::nullopt;
}
Tensor run(const reference::Flatten&, Module&, const Tensor& input, const Manner&, Call& call) {
  call.gives_input = input.shape().rank() == 2;
  Shape flat{input.shape()[0], 1};
  for (int i = 1; i < input.shape().rank(); ++i) flat[1] *= input.shape()[i];
  return reshaped(input, flat);
}
Gradients run_backward(const reference::Flatten&, const Call& call, const Tensor& gradient, Fault) {
  return {reshaped(gradient, call.input.shape()), {}, {}};
}

std::optional<Refusal> refusal(const reference::Identity&, Module&, const Tensor&, const Manner&) {
  return std::nullopt;
}
Tensor run(const reference::Identity&, Module&, const Tensor& input, const Manner&, Call& call) {
  call.gives_input = true;
  return input;
}
Gradients run_backward(const reference::Identity&, const Call&, const Tensor& gradient, Fault) {
  return {gradient, {}, {}};
}

std::optional<Refusal> refusal(const reference::Dropout&, Module&, const Tensor&, const Manner&) {
  return std::nullopt;
}
Tensor run(const reference::Dropout& options, Module& module, const Tensor& input, const Manner&,
           Call& call) {
  call.gives_input = !module.runs_in_training() || options.p == 0 || input.numel() == 0;
  return call.gives_input ? input : Tensor(input.dtype(), input.shape());
}
Gradients run_backward(const reference::Dropout&, const Call& call, const Tensor& gradient, Fault) {
  return {call.gives_input ? gradient : Tensor(gradient.dtype(), gradient.shape()), {}, {}};
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
  using Answer = std::variant<Tensor, Refusal>;
  return reference::visit_leaf<Answer>(module->spec->layer, [&](const auto& layer) -> Answer {
    if (!takes(layer, *module, input.shape().rank(), manner.baked))
      return Refusal{ErrorKind::wrong_rank, "the input has a number of dimensions not taken"};
    if (auto refused = refusal(layer, *module, input, manner)) return *refused;
    call.module = module;
    call.input = input;
    if (const auto& weight = (*module)[TensorSlot::weight]) call.weight = weight->clone();
    Tensor output = run(layer, *module, input, manner, call);
    call.output = output.shape();
    return output;
  });
}

Gradients backward(const Call& call, const Tensor& gradient, Fault fault) {
  return reference::visit_leaf<Gradients>(call.module->spec->layer, [&](const auto& layer) {
    return run_backward(layer, call, gradient, fault);
  });
}

}  // namespace normdiff::textbook
