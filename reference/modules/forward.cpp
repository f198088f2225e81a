#include "reference/modules/forward.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "reference/ops/conv2d.hpp"
#include "reference/ops/linear.hpp"
#include "reference/ops/relu.hpp"

namespace normdiff::reference {
namespace {

Profile plain_profile(DType dtype) {
  return dtype == DType::float64 ? float64_profile() : float32_profile();
}

std::int64_t values_per_channel(const Shape& x) {
  std::int64_t n = 1;
  for (int i = 0; i < x.rank(); ++i)
    if (i != 1) n *= x[i];
  return n;
}

// Documented: https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html.
bool uses_batch_statistics(const Module& bn) {
  return bn.traced_training.value_or(bn.training) || !bn.find(TensorSlot::running_mean) ||
         !bn.find(TensorSlot::running_var);
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
      return rank == 3 || rank == 4;  // (C, H, W) without a batch is documented
    case ModuleKind::Linear:
      return rank >= 1;
    case ModuleKind::Flatten:
      return rank >= 2;  // start_dim=1 must exist
    default:
      return true;
  }
}

}  // namespace

bool saves(const TapeEntry& call, TensorSlot held) {
  if (!call.tensors[static_cast<std::size_t>(held)]) return false;
  if (call.module->kind == ModuleKind::Conv2d) return held == TensorSlot::weight;
  if (call.module->kind == ModuleKind::Linear)
    return held == TensorSlot::weight && call.input_requires_grad;
  const bool statistics = held == TensorSlot::running_mean || held == TensorSlot::running_var;
  return held == TensorSlot::weight || (statistics && (!call.batch_statistics || call.tracking));
}

const Arithmetic& libtorch_cpu() {
  static const Arithmetic arithmetic{
      [](DType dtype, const Shape& shape, std::optional<Layout> layout) {
        return libtorch_cpu_profile(dtype, shape, layout.value_or(Layout::strided));
      },
      false};
  return arithmetic;
}

const Arithmetic& any_implementation() {
  static const Arithmetic arithmetic{[](DType dtype, const Shape&, std::optional<Layout>) {
                                       return dtype == DType::float64 ? float64_profile()
                                                                      : float32_unknown_profile();
                                     },
                                     false};
  return arithmetic;
}

Comparison LeafOutput::compare(const void* observed) const {
  return batch_norm_ ? batch_norm_->compare_output(observed)
                     : reference::compare(*stored_, observed, dtype_);
}

void ForwardPass::run(Module& root, const Activation& input, const ForwardOptions& options,
                      const AtLeaf& at_leaf, Tape* tape) {
  options_ = options;
  at_leaf_ = &at_leaf;
  tape_ = tape;
  root_ = &root;
  current_ = input;
  requires_grad_ = options.input_requires_grad;
  is_leaf_ = true;
  calls_ = 0;
  ranks_.clear();
  refusals_.clear();
  refused_by_ = nullptr;
  left_out_ = {};
  if (!options.continues) {
    for (StatisticUpdate& update : updates_) spare_.push_back(std::move(update.expected));
    updates_.clear();
  }
  buffer_ = 0;
  leaves_.clear();
  if (options.arithmetic->may_fold)
    for (Module* place : places(root))
      if (place->kind != ModuleKind::Sequential) leaves_.push_back(place);
  folded_ = 0;
  // Buffers are referred to by address: room for every leaf there could be, twice.
  const auto room = 2 * static_cast<std::size_t>(leaf_calls(root)) + 2;
  if (buffers_.size() < room) buffers_.resize(room);
  if (tape_) {
    tape_->dtype = input.dtype;
    tape_->calls.reserve(static_cast<std::size_t>(leaf_calls(root)));
  }
  module(root);
  if (tape_) {
    tape_->requires_grad = requires_grad_;
    tape_->output = current_.values.shape;
    keep_unobserved();
  }
}

// What nobody observed lives in buffers of this pass, which the next one overwrites.
void ForwardPass::keep_unobserved() {
  for (TapeEntry& entry : tape_->calls)
    for (std::size_t i = 0; i < buffer_; ++i) {
      if (entry.input.values.error != buffers_[i].bound.data() || !entry.input.values.error)
        continue;
      if (tape_->owned.empty())
        tape_->owned.assign(buffers_.begin(),
                            buffers_.begin() + static_cast<std::ptrdiff_t>(buffer_));
      entry.input.values.data = tape_->owned[i].value.data();
      entry.input.values.error = tape_->owned[i].bound.data();
    }
}

TracedCall ForwardPass::traced() const {
  const auto call = static_cast<std::size_t>(calls_);
  return call < root_->traced_calls.size() ? root_->traced_calls[call] : TracedCall{};
}

// A traced graph holds the tensor operations and none of the modules' checks (documented: tracing
// records no control flow). That a convolution's input has a batch or not was such a check, and its
// operation takes the one rank.
bool ForwardPass::takes(const Module& module, int rank) const {
  const int traced_rank = module.kind == ModuleKind::Conv2d ? traced().rank : 0;
  if (traced_rank != 0 && rank != traced_rank) return false;
  return (module.traced_training && rank >= 2) || takes_rank(module.kind, rank);
}

// A chain of batch norms in eval, however they are nested (reference/transforms says the same).
Folding ForwardPass::plan_folding(const Tensor& weight) {
  const std::int64_t outputs = weight.shape()[0];
  std::vector<BatchNormParameters> behind;
  for (auto call = static_cast<std::size_t>(calls_) + 1; call < leaves_.size(); ++call) {
    const Module& next = *leaves_[call];
    if (!is_batch_norm(next.kind) || uses_batch_statistics(next)) break;
    BatchNormParameters bn;
    bn.weight = next.find(TensorSlot::weight);
    bn.running_var = next.find(TensorSlot::running_var);
    bn.eps = next.batch_norm().eps;
    if (bn.running_var->numel() != outputs || (bn.weight && bn.weight->numel() != outputs)) break;
    behind.push_back(bn);
  }
  Folding folding = folding_of(behind, outputs);
  folded_ = static_cast<int>(behind.size());
  const std::int64_t products = weight.numel() / std::max<std::int64_t>(outputs, 1);
  folded_bias_ = folding.bias(static_cast<double>(products), plain_profile(current_.dtype));
  return folding;
}

bool ForwardPass::refuse(Module& module, ErrorKind kind, std::string why) {
  refusals_.push_back({kind, std::move(why)});
  refused_by_ = &module;
  return false;
}

bool ForwardPass::module(Module& module) {
  if (module.kind != ModuleKind::Sequential) return leaf(module);
  for (auto& [name, child] : module.children)
    if (!this->module(*child)) return false;
  return true;
}

bool ForwardPass::leaf(Module& module) {
  const Shape x = current_.values.shape;
  ranks_.push_back(x.rank());
  const Tensor* weight = module.find(TensorSlot::weight);
  const Tensor* bias = module.find(TensorSlot::bias);
  if (!takes(module, x.rank())) {
    // A batch norm looks at nothing else where it is not of its rank (documented by its name).
    const auto differs = [&](const Tensor* t) { return t && t->dtype() != current_.dtype; };
    if (!is_batch_norm(module.kind) && (differs(weight) || differs(bias)))
      refuse(module, ErrorKind::dtype_mismatch, "input and weight differ in dtype");
    return refuse(module, ErrorKind::wrong_rank, "not a rank this module takes");
  }
  if (is_batch_norm(module.kind)) return batch_norm(module);

  if (weight && weight->dtype() != current_.dtype) {
    const bool only_weight = module.kind == ModuleKind::Conv2d && weight->numel() > 0 &&
                             !(bias && bias->dtype() != current_.dtype) && x.numel() == 0;
    if (only_weight && options_.unchecked.empty_input)
      left_out_.empty_input = true;
    else
      refuse(module, ErrorKind::dtype_mismatch, "input and weight differ in dtype");
  }
  stored_ = &fresh();
  Shape out = x;
  const char* branch = "";
  switch (module.kind) {
    case ModuleKind::Conv2d: {
      const auto& conv = std::get<Conv2dOptions>(module.options);
      const bool batched = x.rank() == 4;
      const Shape in = batched ? x : Shape{1, x[0], x[1], x[2]};
      if (weight == nullptr || weight->shape().rank() != 4)
        return refuse(module, ErrorKind::shape_mismatch, "a weight that is no kernel");
      if (in[1] != weight->shape()[1])
        refuse(module, ErrorKind::channel_mismatch, "another number of channels");
      if (in[2] + 2 * conv.padding < weight->shape()[2] ||
          in[3] + 2 * conv.padding < weight->shape()[3])
        refuse(module, ErrorKind::shape_mismatch, "the kernel is larger than the padded input");
      // PyTorch says so in its error only: whatever the padding, images must have elements.
      if (in[0] != 0 && in[1] != 0 && in.numel() == 0)
        refuse(module, ErrorKind::shape_mismatch, "images without elements");
      if (bias && bias->numel() != weight->shape()[0])
        refuse(module, ErrorKind::shape_mismatch, "weight and bias do not fit");
      if (!refusals_.empty()) return false;
      Values values = current_.values;
      values.shape = in;
      Folding folding;
      if (options_.arithmetic->may_fold) folding = plan_folding(*weight);
      conv2d(values, *weight, bias, conv.stride, conv.padding, plain_profile(current_.dtype),
             *stored_, folded_ > 0 ? &folding : nullptr);
      if (!batched) stored_->shape = Shape{stored_->shape[1], stored_->shape[2], stored_->shape[3]};
      out = stored_->shape;
      branch = "conv2d";
      break;
    }
    case ModuleKind::Linear: {
      if (weight == nullptr || weight->shape().rank() != 2)
        return refuse(module, ErrorKind::shape_mismatch, "a weight that is no matrix");
      // One bias does for all outputs (torch.addmm: what is added may be broadcast).
      if (x[x.rank() - 1] != weight->shape()[1] ||
          (bias && bias->numel() != weight->shape()[0] && bias->numel() != 1))
        refuse(module, ErrorKind::shape_mismatch, "another number of features");
      if (!refusals_.empty()) return false;
      linear(current_.values, *weight, bias, plain_profile(current_.dtype), *stored_);
      out = stored_->shape;
      branch = "linear";
      break;
    }
    case ModuleKind::ReLU:
      relu(current_.values, *stored_);
      branch = "relu";
      break;
    // Documented: the input itself where nothing is to be flattened, else a view where one will do
    // (https://docs.pytorch.org/docs/stable/generated/torch.flatten.html).
    case ModuleKind::Flatten: {
      out = Shape{x[0], 1};
      for (int i = 1; i < x.rank(); ++i) out[1] *= x[i];
      const std::int64_t n = x.numel();
      stored_->shape = out;
      stored_->trivial.clear();
      stored_->weak.clear();
      stored_->value.resize(static_cast<std::size_t>(n));
      stored_->bound.resize(static_cast<std::size_t>(n));
      for (std::int64_t i = 0; i < n; ++i) {
        const std::size_t at = static_cast<std::size_t>(i);
        stored_->value[at] = current_.values.at(i);
        stored_->bound[at] = current_.values.error ? current_.values.error[i] : 0;
      }
      branch = "flatten";
      break;
    }
    case ModuleKind::Sequential:
    case ModuleKind::BatchNorm1d:
    case ModuleKind::BatchNorm2d:
    case ModuleKind::BatchNorm3d:
      break;  // done above; named, so that a new kind is missed by the compiler
  }
  remember(module, false, plain_profile(current_.dtype));
  emit(module, branch, out, module.kind != ModuleKind::Flatten || x.rank() != 2);
  return true;
}

// https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html. Batch statistics in
// training, or where there are no running ones (documented); refused with one value for each
// channel and for an eps that can't be under a root (documented by the error; nothing moves: our
// choice).
bool ForwardPass::batch_norm(Module& module) {
  const Shape& x = current_.values.shape;
  const BatchNormOptions& options = module.batch_norm();
  const bool training = module.traced_training.value_or(module.training);
  const bool has_statistics =
      module.find(TensorSlot::running_mean) && module.find(TensorSlot::running_var);
  const bool batch_statistics = uses_batch_statistics(module);
  // Statistics that are neither read nor moved play no part (torch.nn.BatchNorm's source: "they
  // only need to be passed when the update should occur, or when buffer stats are used").
  const bool passes_statistics = !batch_statistics || options.track_running_stats;
  const auto passed = [&](TensorSlot held) -> const Tensor* {
    const bool statistic = held == TensorSlot::running_mean || held == TensorSlot::running_var;
    return statistic && !passes_statistics ? nullptr : module.find(held);
  };
  // What has to fit are the tensors (our choice: a batch norm that holds none fits any input).
  const auto misfits = [&](const auto& is_wrong) {
    for (TensorSlot held :
         {TensorSlot::weight, TensorSlot::bias, TensorSlot::running_mean, TensorSlot::running_var})
      if (const Tensor* t = passed(held); t && is_wrong(*t)) return true;
    return false;
  };
  const bool other_channels = misfits([&](const Tensor& t) { return t.numel() != x[1]; });
  const bool other_dtype = misfits([&](const Tensor& t) { return t.dtype() != current_.dtype; });
  const bool skipped =
      (other_channels || other_dtype) && options_.unchecked.empty_input && x.numel() == 0;
  if (skipped) left_out_.empty_input = true;
  if (other_channels && !skipped)
    refuse(module, ErrorKind::channel_mismatch, "another number of channels");
  if (other_dtype && !skipped)
    refuse(module, ErrorKind::dtype_mismatch, "input and parameters differ in dtype");
  const bool soft_only = refusals_.empty();
  if (!module.traced_training && batch_statistics && values_per_channel(x) == 1)
    refuse(module, ErrorKind::single_value_per_channel, "one value for each channel in training");
  if (!module.traced_training && (options.eps < 0 || (batch_statistics && options.eps == 0))) {
    if (options_.unchecked.eps)
      left_out_.eps = true;
    else
      refuse(module, ErrorKind::bad_eps, "eps must be positive in training, not negative in eval");
  }
  if (!refusals_.empty()) {
    if (!soft_only || !options_.past_soft_refusals) return false;
  }

  BatchNormParameters parameters;
  parameters.weight = skipped ? nullptr : passed(TensorSlot::weight);
  parameters.bias = skipped ? nullptr : passed(TensorSlot::bias);
  parameters.running_mean = skipped ? nullptr : passed(TensorSlot::running_mean);
  parameters.running_var = skipped ? nullptr : passed(TensorSlot::running_var);
  parameters.batch_statistics = batch_statistics || skipped;
  parameters.eps = options.eps;
  if (folded_ > 0) parameters.folded = folded_bias_, --folded_;
  profile_ = options_.arithmetic->batch_norm(current_.dtype, x, current_.layout);
  batch_norm_.run(current_.values, parameters, profile_);
  remember(module, batch_statistics, profile_);
  stored_ = nullptr;
  normalise_statistics(module, training, batch_statistics);
  const char* branch = !batch_statistics              ? "running statistics"
                       : !has_statistics              ? "batch statistics, untracked"
                       : !options.track_running_stats ? "batch statistics, tracking off"
                       : options.momentum             ? "batch statistics"
                                                      : "batch statistics, cumulative";
  emit(module, branch, x);
  return true;
}

// running = (1 - momentum) * running + momentum * batch; momentum None: 1 / counter after its
// increment (documented). An empty batch moves the counter only (our choice: there is no mean).
void ForwardPass::normalise_statistics(Module& module, bool training, bool batch_statistics) {
  const BatchNormOptions& options = module.batch_norm();
  if (!training || !batch_statistics || !options.track_running_stats ||
      !module.find(TensorSlot::running_mean))
    return;
  double count = 0;
  if (auto& counter = module.tensor(TensorSlot::num_batches_tracked)) {
    if (counter->dtype() == DType::int64) {
      count = static_cast<double>(++*static_cast<std::int64_t*>(counter->data()));
    } else {  // an implementation that cast it goes on counting
      count = counter->at(0) + 1;
      counter->set(0, count);
    }
  }
  if (current_.values.shape.numel() == 0) return;
  const double momentum =
      options.momentum ? *options.momentum : traced().factor.value_or(1.0 / count);
  for (TensorSlot held : {TensorSlot::running_mean, TensorSlot::running_var}) {
    Tensor& running = *module.tensor(held);
    Bounded& update = update_of(running);
    const std::vector<double> exact_before = update.value;  // of an update in this same pass
    const std::vector<double> bound_before = update.bound;
    if (held == TensorSlot::running_mean)
      batch_norm_.update_running_mean(running, momentum, update);
    else
      batch_norm_.update_running_var(running, momentum, update);
    for (std::size_t i = 0; i < update.value.size(); ++i) {
      if (i < bound_before.size()) {
        const double before =
            bound_before[i] + std::abs(exact_before[i] - running.at(static_cast<std::int64_t>(i)));
        // Of what is not finite, the next update makes nothing finite, unless it leaves it out.
        // More is not followed.
        if (std::isnan(exact_before[i]) && !(bound_before[i] < 0) && momentum != 1) {
          update.value[i] = std::numeric_limits<double>::quiet_NaN();
          update.bound[i] = std::numeric_limits<double>::infinity();
        } else if (!std::isfinite(before) || bound_before[i] < 0)
          update.bound[i] = -1;
        else if (!(update.bound[i] < 0))
          update.bound[i] += std::abs(1 - momentum) * before;
      }
      running.set(static_cast<std::int64_t>(i), update.value[i]);
    }
  }
}

Bounded& ForwardPass::update_of(const Tensor& tensor) {
  for (StatisticUpdate& update : updates_)
    if (update.storage == tensor.storage()) return update.expected;
  updates_.push_back({tensor.storage(), {}});
  Bounded& expected = updates_.back().expected;
  if (!spare_.empty()) {
    expected = std::move(spare_.back());
    spare_.pop_back();
    expected.value.clear();  // its memory stays
    expected.bound.clear();
  }
  return expected;
}

Bounded& ForwardPass::fresh() {
  return buffers_[buffer_++];
}

void ForwardPass::remember(Module& module, bool batch_statistics, const Profile& profile) {
  if (!tape_) return;
  TapeEntry entry;
  entry.module = &module;
  entry.input = current_;
  entry.input_requires_grad = requires_grad_;
  entry.batch_statistics = batch_statistics;
  entry.profile = profile;
  // What a backward reads is copied. The bias, and statistics that play no part, are only there.
  for (const TensorSlot held :
       {TensorSlot::weight, TensorSlot::bias, TensorSlot::running_mean, TensorSlot::running_var}) {
    const auto& tensor = module.tensor(held);
    const bool read = held == TensorSlot::weight || (held != TensorSlot::bias && !batch_statistics);
    if (tensor) entry.tensors[static_cast<std::size_t>(held)] = read ? tensor->clone() : *tensor;
  }
  if (is_batch_norm(module.kind)) {
    entry.eps = module.batch_norm().eps;
    entry.tracking = module.batch_norm().track_running_stats;
  }
  if (module.kind != ModuleKind::Flatten) tape_->saves_tensors = true;
  tape_->calls.push_back(std::move(entry));
}

// Without gradients no result requires one; with them it does where an input or a parameter does
// (documented: https://docs.pytorch.org/docs/stable/notes/autograd.html).
void ForwardPass::emit(Module& module, const char* branch, const Shape& shape, bool computed) {
  if (computed) {
    requires_grad_ = options_.grad && (requires_grad_ || module.find(TensorSlot::weight));
    is_leaf_ = !requires_grad_;
  }
  if (tape_) tape_->calls.back().output = shape;
  LeafOutput output;
  output.module_ = &module;
  output.branch_ = branch;
  output.shape_ = shape;
  output.dtype_ = current_.dtype;
  output.requires_grad_ = requires_grad_;
  output.is_leaf_ = is_leaf_;
  output.batch_norm_ = stored_ ? nullptr : &batch_norm_;
  output.stored_ = stored_;
  std::optional<Activation> seen;
  if (*at_leaf_) seen = (*at_leaf_)(calls_, output);
  ++calls_;
  if (seen) {
    folded_ = 0;  // what was really there between two modules is not folded
    current_ = *seen;
    return;
  }
  if (!stored_) {
    Bounded& materialised = fresh();
    batch_norm_.output(materialised);
    stored_ = &materialised;
  }
  current_.values = stored_->values();
  current_.layout.reset();
}

}  // namespace normdiff::reference
