#include "reference/layers/batch_norm.hpp"

namespace normdiff::reference {
namespace {

std::int64_t values_per_channel(const Shape& x) {
  std::int64_t n = 1;
  for (int i = 0; i < x.rank(); ++i)
    if (i != 1) n *= x[i];
  return n;
}

/// The tensors that take part in a call. Statistics that are neither read nor moved do not
/// (torch.nn.BatchNorm's source: "they only need to be passed when the update should occur, or when
/// buffer stats are used").
BatchNormParameters passed(const LayerCall& call, const BatchNormOptions& options) {
  const bool passes_statistics = !call.batch_statistics || options.track_running_stats;
  BatchNormParameters parameters;
  parameters.weight = call.find(TensorSlot::weight);
  parameters.bias = call.find(TensorSlot::bias);
  if (passes_statistics) {
    parameters.running_mean = call.find(TensorSlot::running_mean);
    parameters.running_var = call.find(TensorSlot::running_var);
  }
  parameters.batch_statistics = call.batch_statistics;
  parameters.eps = options.eps;
  parameters.folded = call.folded;
  return parameters;
}

/// Refuses what the documentation refuses. True: there is a formula all the same.
/// `skipped` is set where tensors that do not fit are not looked at.
bool check(LayerCall& call, const BatchNormOptions& options, const BatchNormParameters& parameters,
           bool& skipped) {
  const Shape& x = call.shape();
  // The tensors have to fit (our choice: a batch norm that holds none fits any input).
  const auto misfits = [&parameters](const auto& is_wrong) {
    for (const Tensor* t :
         {parameters.weight, parameters.bias, parameters.running_mean, parameters.running_var})
      if (t && is_wrong(*t)) return true;
    return false;
  };
  const bool other_channels = misfits([&](const Tensor& t) { return t.numel() != x[1]; });
  const bool other_dtype = misfits([&](const Tensor& t) { return t.dtype() != call.input.dtype; });
  skipped = (other_channels || other_dtype) && call.options.unchecked.empty_input && x.numel() == 0;
  if (skipped) call.left_out.empty_input = true;
  if (other_channels && !skipped)
    call.refuse(ErrorKind::channel_mismatch, "another number of channels");
  if (other_dtype && !skipped)
    call.refuse(ErrorKind::dtype_mismatch, "input and parameters differ in dtype");
  const bool soft_only = !call.is_refused();
  if (call.traced) return soft_only;
  if (call.batch_statistics && values_per_channel(x) == 1)
    call.refuse(ErrorKind::single_value_per_channel, "one value for each channel in training");
  if (options.eps < 0 || (call.batch_statistics && options.eps == 0)) {
    if (call.options.unchecked.eps)
      call.left_out.eps = true;
    else
      call.refuse(ErrorKind::bad_eps, "eps must be positive in training, not negative in eval");
  }
  return soft_only;
}

/// Counts the batch; what the count is then.
double count_batch(Tensor& counter) {
  if (counter.dtype() == DType::int64) {
    auto* value = static_cast<std::int64_t*>(counter.data());
    *value = counted(*value);
    return static_cast<double>(*value);
  }
  // An implementation that cast it goes on counting.
  const double count = counter.at(0) + 1;
  counter.set(0, count);
  return count;
}

// running = (1 - momentum) * running + momentum * batch; momentum None: 1 / counter after its
// increment (documented). An empty batch moves the counter only (our choice: there is no mean).
void follow_batch(LayerCall& call, const BatchNormOptions& options) {
  if (!call.training || !call.batch_statistics || !options.track_running_stats ||
      !call.find(TensorSlot::running_mean))
    return;
  double count = 0;
  if (auto& counter = call.tensors[TensorSlot::num_batches_tracked]) count = count_batch(*counter);
  if (call.shape().numel() == 0) return;
  const double momentum =
      options.momentum ? *options.momentum : call.baked.factor.value_or(1.0 / count);
  const BatchNormForward& norm = call.batch_norm;
  move_statistics(
      call, momentum,
      [&](const Tensor& running, Bounded& update) {
        norm.update_running_mean(running, momentum, update);
      },
      [&](const Tensor& running, Bounded& update) {
        norm.update_running_var(running, momentum, update);
      });
}

const char* branch_of(const LayerCall& call, const BatchNormOptions& options) {
  const bool has_statistics =
      call.find(TensorSlot::running_mean) && call.find(TensorSlot::running_var);
  return !call.batch_statistics         ? "running statistics"
         : !has_statistics              ? "batch statistics, untracked"
         : !options.track_running_stats ? "batch statistics, tracking off"
         : options.momentum             ? "batch statistics"
                                        : "batch statistics, cumulative";
}

}  // namespace

std::int64_t counted(std::int64_t counter) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(counter) + 1);  // defined: wraps
}

bool uses_batch_statistics(bool training, const SlotTensors& tensors) {
  return training || !tensors[TensorSlot::running_mean] || !tensors[TensorSlot::running_var];
}

// https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html. Refused with one value
// for each channel and for an eps that can't be under a root (documented by the error; nothing
// moves: our choice).
bool forward(LayerCall& call, const BatchNormOptions& options) {
  call.batch_statistics = uses_batch_statistics(call.training, call.tensors);
  BatchNormParameters parameters = passed(call, options);
  bool skipped = false;
  const bool has_formula = check(call, options, parameters, skipped);
  if (call.is_refused()) {
    if (!has_formula || !call.options.past_soft_refusals) return false;
    call.gone_past = call.refusals.size();
  }
  if (skipped) {
    parameters = {};
    parameters.batch_statistics = true;
    parameters.eps = options.eps;
    parameters.folded = call.folded;
  }
  call.profile =
      call.options.arithmetic->batch_norm(call.input.dtype, call.shape(), call.input.layout);
  call.batch_norm.run(call.input.values, parameters, call.profile);
  call.in_batch_norm = true;
  call.output = call.shape();
  follow_batch(call, options);
  call.branch = branch_of(call, options);
  return true;
}

void backward(LayerGradient& gradient, const BatchNormOptions& options) {
  const SavedCall& call = gradient.call;
  BatchNormParameters parameters;
  parameters.weight = call.find(TensorSlot::weight);
  parameters.bias = call.find(TensorSlot::bias);
  parameters.running_mean = call.find(TensorSlot::running_mean);
  parameters.running_var = call.find(TensorSlot::running_var);
  parameters.batch_statistics = call.batch_statistics;
  parameters.eps = options.eps;
  gradient.batch_norm.run(call.input.values, parameters, gradient.profile);
  gradient.batch_norm_backward.run(gradient.batch_norm, gradient.upstream);
  if (Bounded* weight = gradient.of(TensorSlot::weight))
    gradient.batch_norm_backward.weight_gradient(*weight);
  if (Bounded* bias = gradient.of(TensorSlot::bias))
    gradient.batch_norm_backward.bias_gradient(*bias);
  if (gradient.input) gradient.batch_norm_backward.input_gradient(*gradient.input);
  gradient.branch =
      call.batch_statistics ? "backward, batch statistics" : "backward, running statistics";
}

}  // namespace normdiff::reference
