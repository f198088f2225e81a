#include "harness/subjects/textbook/batch_norm.hpp"

#include <cmath>
#include <type_traits>

// https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html, in simple loops. T is
// the dtype of the input, and of every sum.
namespace normdiff::textbook {
namespace {

template <class T>
const T* read(const Tensor& tensor) {
  return static_cast<const T*>(tensor.data());
}
template <class T>
T* write(Tensor& tensor) {
  return static_cast<T*>(tensor.data());
}
/// The element of a channel, or what stands for a tensor that is not there.
template <class T>
T of_channel(const std::optional<Tensor>& tensor, std::int64_t channel, T absent) {
  return tensor ? read<T>(*tensor)[channel % tensor->numel()] : absent;
}

bool uses_batch_statistics(Module& module, Fault fault) {
  const bool has_statistics = module[TensorSlot::running_mean].has_value();
  // A batch norm goes by what it holds, any other norm by its option.
  if (!(module.is_batch_norm() ? has_statistics : module.track_running_stats)) return true;
  // (They need not fit where they are not tracked.)
  if (fault == Fault::running_statistics_in_training && module.track_running_stats &&
      has_statistics)
    return false;
  return module.runs_in_training() || fault == Fault::batch_statistics_in_eval;
}

template <class T>
Statistics statistics_of(const Tensor& input, const Extent& extent) {
  Statistics batch{Tensor(input.dtype(), Shape{extent.channels}),
                   Tensor(input.dtype(), Shape{extent.channels})};
  const T* x = read<T>(input);
  const T count = static_cast<T>(extent.per_channel());
  for (std::int64_t c = 0; c < extent.channels; ++c) {
    T sum = 0;
    extent.each(c, [&](std::int64_t i) { sum += x[i]; });
    const T m = sum / count;
    T squares = 0;
    extent.each(c, [&](std::int64_t i) { squares += (x[i] - m) * (x[i] - m); });
    write<T>(batch.mean)[c] = m;
    write<T>(batch.var)[c] = squares / count;
  }
  return batch;
}

/// The share of the batch in the running statistics. A batch norm counts the batch, and without a
/// momentum gives each batch the same share; any other norm without a momentum gives it none.
double share_of_batch(Module& module, const Manner& manner, Call& call) {
  const Fault fault = manner.fault;
  double momentum = module.momentum.value_or(0);
  if (module.is_batch_norm()) {
    Tensor& counter = *module[TensorSlot::num_batches_tracked];
    // An integer tensor goes on from its largest value at its smallest.
    const auto next = static_cast<std::int64_t>(*read<std::uint64_t>(counter) + 1);
    if (fault != Fault::counter_missed) *write<std::int64_t>(counter) = next;
    const auto count = static_cast<double>(next);
    const bool late = fault == Fault::cumulative_average_off_by_one;
    if (!module.momentum) {
      call.factor = manner.baked.factor.value_or(1 / (late ? count + 1 : count));
      momentum = *call.factor;
    }
  }
  return fault == Fault::momentum_swapped ? 1 - momentum : momentum;
}

/// The factor of a result that is planted to be off: some 170 units in the last place of a float32,
/// so that it is found only as long as the bounds are tight.
template <class T>
T off_if(bool planted) {
  return planted && std::is_same_v<T, float> ? static_cast<T>(1 + 1e-5) : T(1);
}

/// Each channel of the module gets the mean of its own statistics, where there are several.
template <class T>
void move_statistics(Module& module, const Extent& extent, const Statistics& batch, double momentum,
                     Fault fault) {
  const T n = static_cast<T>(extent.per_channel());
  const T unbiased = fault == Fault::biased_running_var ? T(1) : n / (n - 1);
  const T share = static_cast<T>(momentum), rest = static_cast<T>(1 - momentum);
  const std::int64_t channels = module[TensorSlot::running_mean]->numel();
  const auto mean_of = [&](const Tensor& statistics, std::int64_t channel) {
    T sum = 0;
    for (std::int64_t i = channel; i < extent.channels; i += channels)
      sum += read<T>(statistics)[i];
    return sum / static_cast<T>(extent.channels / channels);
  };
  T* running_mean = write<T>(*module[TensorSlot::running_mean]);
  T* running_var = write<T>(*module[TensorSlot::running_var]);
  for (std::int64_t c = 0; c < channels; ++c) {
    running_mean[c] = rest * running_mean[c] + share * mean_of(batch.mean, c);
    running_var[c] = rest * running_var[c] + share * (mean_of(batch.var, c) * unbiased);
    running_var[c] *= off_if<T>(fault == Fault::statistic_off_by_1e_5);
  }
}

template <class T>
Tensor run(Module& module, const Tensor& input, const Extent& extent, const Manner& manner,
           Call& call) {
  const Fault fault = manner.fault;
  const Shape channels{extent.channels};
  const bool moves = (module.runs_in_training() || fault == Fault::statistics_moved_under_eval) &&
                     module.track_running_stats && module[TensorSlot::running_mean];
  call.batch_statistics = uses_batch_statistics(module, fault);
  Statistics batch;
  if (call.batch_statistics || moves) batch = statistics_of<T>(input, extent);
  const std::optional<Tensor> mean =
      call.batch_statistics ? batch.mean : module[TensorSlot::running_mean];
  const std::optional<Tensor> var =
      call.batch_statistics ? batch.var : module[TensorSlot::running_var];
  call.mean = Tensor(input.dtype(), channels);
  call.invstd = Tensor(input.dtype(), channels);
  const T eps = static_cast<T>(module.eps);
  for (std::int64_t c = 0; c < extent.channels; ++c) {
    const T v = of_channel(var, c, T(1));
    write<T>(call.mean)[c] = of_channel(mean, c, T(0));
    write<T>(call.invstd)[c] =
        fault == Fault::eps_outside_root ? 1 / (std::sqrt(v) + eps) : 1 / std::sqrt(v + eps);
  }

  Tensor output(input.dtype(), input.shape());
  const auto& weight = module[TensorSlot::weight];
  const auto& bias = module[TensorSlot::bias];
  for (std::int64_t c = 0; c < extent.channels; ++c) {
    const T m = read<T>(call.mean)[c], s = read<T>(call.invstd)[c];
    const T w = of_channel(weight, c, T(1)), b = of_channel(bias, c, T(0));
    const T off = off_if<T>(fault == Fault::output_off_by_1e_5);
    extent.each(c, [&](std::int64_t i) {
      write<T>(output)[i] = ((read<T>(input)[i] - m) * s * w + b) * off;
    });
  }
  if (moves) {
    const double momentum = share_of_batch(module, manner, call);
    if (input.numel() > 0) move_statistics<T>(module, extent, batch, momentum, fault);
  }
  return output;
}

template <class T>
Gradients run_backward(const Call& call, const Tensor& gradient, const Extent& extent,
                       Fault fault) {
  const T* x = read<T>(call.input);
  const T* dy = read<T>(gradient);
  const T count = static_cast<T>(extent.per_channel());
  const auto& weight = weight_of(call, fault);
  const bool batch = fault == Fault::stale_graph ? uses_batch_statistics(*call.module, fault)
                                                 : call.batch_statistics;
  Gradients out;
  if (call.input_requires_grad) out.input = Tensor(call.input.dtype(), call.input.shape());
  if (weight) {
    out.weight = Tensor(call.input.dtype(), weight->shape());
    out.bias = Tensor(call.input.dtype(), weight->shape());
  }
  for (std::int64_t c = 0; c < extent.channels; ++c) {
    const T m = read<T>(call.mean)[c], s = read<T>(call.invstd)[c];
    const T w = of_channel(weight, c, T(1));
    T sum = 0, dot = 0;
    extent.each(c, [&](std::int64_t i) {
      sum += dy[i];
      dot += dy[i] * ((x[i] - m) * s);
    });
    if (weight) {
      const bool plain = fault == Fault::weight_gradient_without_normalisation;
      write<T>(*out.weight)[c % weight->numel()] += plain ? dot / s : dot;
      write<T>(*out.bias)[c % weight->numel()] += sum;
    }
    if (!call.input_requires_grad) continue;
    const T mean_term = fault == Fault::input_gradient_without_mean_term ? T(0) : sum / count;
    const T scale = w * s * off_if<T>(fault == Fault::gradient_off_by_1e_5);
    T* dx = write<T>(out.input);
    extent.each(c, [&](std::int64_t i) {
      const T normalised = (x[i] - m) * s;
      dx[i] = batch ? scale * (dy[i] - mean_term - normalised * (dot / count)) : scale * dy[i];
    });
  }
  return out;
}

}  // namespace

Extent extent_of(const Shape& shape) {
  Extent extent{shape[0], shape[1], 1};
  for (int i = 2; i < shape.rank(); ++i) extent.inner *= shape[i];
  return extent;
}

std::optional<Refusal> batch_norm_refusal(Module& module, const Tensor& input,
                                          const Manner& manner) {
  const Shape& shape = input.shape();
  const bool training = module.runs_in_training();
  // Statistics that are neither read nor moved play no part.
  const bool statistics_play = !training || module.track_running_stats;
  for (const TensorSlot slot : all_of<TensorSlot>) {
    if (slot == TensorSlot::num_batches_tracked) continue;
    const bool statistic = slot == TensorSlot::running_mean || slot == TensorSlot::running_var;
    if (statistic && !statistics_play) continue;
    const auto& tensor = module[slot];
    if (tensor && tensor->numel() != shape[1])
      return Refusal{ErrorKind::channel_mismatch, "the input has another number of channels"};
    if (tensor && tensor->dtype() != input.dtype())
      return Refusal{ErrorKind::dtype_mismatch, "the input has another dtype"};
  }
  if (module.baked_mode || !manner.checks) return std::nullopt;
  const bool batch = training || !module[TensorSlot::running_mean];
  if (batch && extent_of(shape).per_channel() == 1)
    return Refusal{ErrorKind::single_value_per_channel, "one value for each channel in training"};
  if (module.eps < 0 || (batch && module.eps == 0))
    return Refusal{ErrorKind::bad_eps, "eps must be positive in training, not negative in eval"};
  return std::nullopt;
}

Tensor normalise(Module& module, const Tensor& input, const Extent& extent, const Manner& manner,
                 Call& call) {
  return reference::visit_floating(input.dtype(), [&]<class T>(std::type_identity<T>) {
    return run<T>(module, input, extent, manner, call);
  });
}

Statistics batch_statistics(const Tensor& input) {
  return reference::visit_floating(input.dtype(), [&]<class T>(std::type_identity<T>) {
    return statistics_of<T>(input, extent_of(input.shape()));
  });
}

Gradients normalise_backward(const Call& call, const Tensor& gradient, const Extent& extent,
                             Fault fault) {
  return reference::visit_floating(gradient.dtype(), [&]<class T>(std::type_identity<T>) {
    return run_backward<T>(call, gradient, extent, fault);
  });
}

}  // namespace normdiff::textbook
