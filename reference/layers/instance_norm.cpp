#include "reference/layers/instance_norm.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "reference/ops/samples.hpp"

// An instance norm of (N, C, L) is a batch norm of (1, N * C, L) whose parameters are repeated N
// times, and whose running statistics are the means over the batch of what each sample makes of
// them.
namespace normdiff::reference {
namespace {

struct Extent {
  std::int64_t samples = 1, channels = 1, values = 1;

  [[nodiscard]] Shape folded() const { return {1, samples * channels, values}; }
};

Extent extent_of(const Shape& x, const TracedCall& baked, int dims) {
  const int channels =
      InstanceNormOptions::is_unbatched(x.rank(), baked, dims) ? 0 : 1;  // which dimension they are
  Extent extent;
  if (channels == 1) extent.samples = x[0];
  extent.channels = x[channels];
  for (int i = channels + 1; i < x.rank(); ++i) extent.values *= x[i];
  return extent;
}

Values folded(const Values& x, const Extent& extent) {
  Values values = x;
  values.shape = extent.folded();
  return values;
}

/// The parameters of the batch norm, once for each sample. The tensors stay here.
class Repeated {
 public:
  template <class Call>
  Repeated(const Call& call, const Extent& extent, double eps, bool with_statistics) {
    const auto repeat = [&](TensorSlot slot) -> const Tensor* {
      const Tensor* tensor = call.find(slot);
      if (tensor == nullptr) return nullptr;
      return &tensors_[slot].emplace(repeated(*tensor, extent.samples));
    };
    parameters_.weight = repeat(TensorSlot::weight);
    parameters_.bias = repeat(TensorSlot::bias);
    if (with_statistics) {
      parameters_.running_mean = repeat(TensorSlot::running_mean);
      parameters_.running_var = repeat(TensorSlot::running_var);
    }
    parameters_.batch_statistics = call.batch_statistics;
    parameters_.eps = eps;
  }
  [[nodiscard]] const BatchNormParameters& parameters() const { return parameters_; }

 private:
  SlotTensors tensors_;
  BatchNormParameters parameters_;
};

/// Refuses what is refused. False: there is no formula all the same. Documented is no more than
/// that an affine one needs its number of channels; the rest are our choices: tensors that take
/// part fit the input, as in a batch norm, and a single value has no variance. Without a check of
/// eps: the documentation asks nothing of it.
bool check(LayerCall& call, const InstanceNormOptions& options, const Extent& extent) {
  std::vector<TensorSlot> used{TensorSlot::weight, TensorSlot::bias};
  if (!call.batch_statistics || options.track_running_stats)
    used.insert(used.end(), {TensorSlot::running_mean, TensorSlot::running_var});
  const auto any = [&](const auto& is_wrong) {
    return std::any_of(used.begin(), used.end(), [&](TensorSlot slot) {
      return call.find(slot) != nullptr && is_wrong(*call.find(slot));
    });
  };
  if (any([&](const Tensor& t) { return t.numel() != extent.channels; }))
    call.refuse(ErrorKind::channel_mismatch, "another number of channels");
  if (any([&](const Tensor& t) { return t.dtype() != call.input.dtype; }))
    call.refuse(ErrorKind::dtype_mismatch, "input and tensors differ in dtype");
  if (!call.batch_statistics &&
      !(call.find(TensorSlot::running_mean) && call.find(TensorSlot::running_var)))
    call.refuse(ErrorKind::missing_statistics, "told to use running statistics, and has none");
  const bool has_formula = !call.is_refused();
  if (!call.traced && call.batch_statistics && extent.values == 1) {
    if (call.options.unchecked.single_value)
      call.left_out.single_value = true;
    else
      call.refuse(ErrorKind::single_value_per_channel, "one value for each sample and channel");
  }
  return has_formula;
}

/// An empty input moves nothing (our choice: there is no mean).
void follow_samples(LayerCall& call, const InstanceNormOptions& options, const Extent& extent) {
  if (!call.batch_statistics || !options.track_running_stats ||
      !call.find(TensorSlot::running_mean) || call.shape().numel() == 0)
    return;
  const double momentum = options.momentum.value_or(0);
  Bounded each;
  move_statistics(
      call, momentum,
      [&](const Tensor& running, Bounded& update) {
        call.batch_norm.update_running_mean(repeated(running, extent.samples), momentum, each);
        mean_over_samples(each, extent.channels, 1 - momentum, call.profile, update);
      },
      [&](const Tensor& running, Bounded& update) {
        call.batch_norm.update_running_var(repeated(running, extent.samples), momentum, each);
        mean_over_samples(each, extent.channels, 1 - momentum, call.profile, update);
      });
}

const char* branch_of(const LayerCall& call, const InstanceNormOptions& options) {
  return !call.batch_statistics                 ? "running statistics"
         : !call.find(TensorSlot::running_mean) ? "instance statistics, untracked"
         : !options.track_running_stats         ? "instance statistics, tracking off"
                                                : "instance statistics";
}

}  // namespace

// It decides by its option at each call (documented: "when set to False, this module does not track
// such statistics and always uses batch statistics in both training and eval modes"; of batch norms
// it is the buffers that decide, and that is documented too).
bool forward_instance_norm(LayerCall& call, const InstanceNormOptions& options, int dims) {
  const Extent extent = extent_of(call.shape(), call.baked, dims);
  call.batch_statistics = call.training || !options.track_running_stats;
  const bool has_formula = check(call, options, extent);
  if (call.is_refused()) {
    if (!has_formula || !call.options.past_soft_refusals) return false;
    call.gone_past = call.refusals.size();
  }
  const Repeated repeated(call, extent, options.eps, !call.batch_statistics);
  // Whoever looks at a batch of one has copied what was not contiguous.
  call.profile =
      call.options.arithmetic->batch_norm(call.input.dtype, extent.folded(), Layout::contiguous);
  call.batch_norm.run(folded(call.input.values, extent), repeated.parameters(), call.profile);
  call.in_batch_norm = true;
  call.output = call.shape();
  follow_samples(call, options, extent);
  call.branch = branch_of(call, options);
  return true;
}

void backward_instance_norm(LayerGradient& gradient, const InstanceNormOptions& options, int dims) {
  const SavedCall& call = gradient.call;
  const Extent extent = extent_of(call.input.values.shape, call.baked, dims);
  const Repeated repeated(call, extent, options.eps, !call.batch_statistics);
  gradient.batch_norm.run(folded(call.input.values, extent), repeated.parameters(),
                          gradient.profile);
  gradient.batch_norm_backward.run(gradient.batch_norm, folded(gradient.upstream, extent));
  Bounded each;
  if (Bounded* weight = gradient.of(TensorSlot::weight)) {
    gradient.batch_norm_backward.weight_gradient(each);
    sum_over_samples(each, extent.channels, gradient.profile, *weight);
  }
  if (Bounded* bias = gradient.of(TensorSlot::bias)) {
    gradient.batch_norm_backward.bias_gradient(each);
    sum_over_samples(each, extent.channels, gradient.profile, *bias);
  }
  if (gradient.input) gradient.batch_norm_backward.input_gradient(*gradient.input);
  gradient.branch =
      call.batch_statistics ? "backward, instance statistics" : "backward, running statistics";
}

}  // namespace normdiff::reference
