#include "reference/modules/forward.hpp"

#include <algorithm>

#include "reference/numeric/judge.hpp"

namespace normdiff::reference {
namespace {

/// The tensors that a formula can read. The counter is only counted.
constexpr std::array formula_slots = {TensorSlot::weight, TensorSlot::bias,
                                      TensorSlot::running_mean, TensorSlot::running_var};

}  // namespace

bool saves(const TapeEntry& call, TensorSlot slot) {
  return call.find(slot) != nullptr &&
         visit_leaf<bool>(call.layer, [&](const auto& layer) { return layer.keeps(slot, call); });
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
  is_leaf_ = options.input_is_leaf;
  calls_ = 0;
  ranks_.clear();
  refusals_.clear();
  gone_past_ = 0;
  refused_by_ = nullptr;
  left_out_ = {};
  if (!options.continues) updates_.clear();
  buffer_ = 0;
  leaves_.clear();
  if (options.arithmetic->may_fold)
    for (Module* place : places(root))
      if (!is_container(place->layer)) leaves_.push_back(place);
  folded_ = 0;
  if (tape_) {
    tape_->dtype = input.dtype;
    tape_->calls.reserve(static_cast<std::size_t>(leaf_calls(root)));
  }
  module(root);
  if (tape_) {
    tape_->requires_grad = requires_grad_;
    tape_->output = current_.values.shape;
  }
}

TracedCall ForwardPass::traced() const {
  const auto call = static_cast<std::size_t>(calls_);
  return call < root_->traced_calls.size() ? root_->traced_calls[call] : TracedCall{};
}

// A traced graph holds the tensor operations and none of the modules' checks (documented: tracing
// records no control flow).
bool ForwardPass::takes(const Module& module, int rank) const {
  const bool taken =
      visit_leaf<bool>(module.layer, [rank](const auto& layer) { return layer.takes_rank(rank); });
  switch (traits_of(module.layer).rank_check) {
    case RankCheck::operation:
      return taken;
    case RankCheck::module:
      return taken || (module.traced_training && rank >= 2);
    case RankCheck::operation_by_batch:
      return taken && (traced().rank == 0 || traced().rank == rank);
  }
  return taken;
}

std::vector<BatchNormParameters> ForwardPass::norms_behind() const {
  std::vector<BatchNormParameters> behind;
  for (auto call = static_cast<std::size_t>(calls_) + 1; call < leaves_.size(); ++call) {
    const Module& next = *leaves_[call];
    if (does_nothing(next.layer, next.runs_in_training())) continue;
    const BatchNormOptions* options = batch_norm_in(next.layer);
    if (!options || uses_batch_statistics(next.runs_in_training(), next.tensors)) break;
    BatchNormParameters bn;
    bn.weight = next.find(TensorSlot::weight);
    bn.running_var = next.find(TensorSlot::running_var);
    bn.eps = options->eps;
    behind.push_back(bn);
  }
  return behind;
}

bool ForwardPass::module(Module& module) {
  if (!is_container(module.layer)) return leaf(module);
  return std::all_of(module.children.begin(), module.children.end(),
                     [this](auto& child) { return this->module(*child.second); });
}

bool ForwardPass::refuse_rank(Module& module) {
  const auto differs = [&](TensorSlot slot) {
    const Tensor* tensor = module.find(slot);
    return tensor && tensor->dtype() != current_.dtype;
  };
  // A module that checks by itself looks at nothing else (documented by its name).
  if (traits_of(module.layer).rank_check != RankCheck::module &&
      (differs(TensorSlot::weight) || differs(TensorSlot::bias)))
    refusals_.push_back({ErrorKind::dtype_mismatch, "input and weight differ in dtype"});
  refusals_.push_back({ErrorKind::wrong_rank, "not a rank this module takes"});
  refused_by_ = &module;
  return false;
}

bool ForwardPass::leaf(Module& module) {
  ranks_.push_back(current_.values.shape.rank());
  if (!takes(module, ranks_.back())) return refuse_rank(module);
  std::vector<BatchNormParameters> behind;
  const bool may_fold = options_.arithmetic->may_fold && traits_of(module.layer).takes_norms_in;
  if (may_fold) behind = norms_behind();
  const std::shared_ptr<Bounded> stored = fresh();
  LayerCall call{.input = current_,
                 .tensors = module.tensors,
                 .options = options_,
                 .training = module.runs_in_training(),
                 .traced = module.traced_training.has_value(),
                 .baked = traced(),
                 .norms_behind = may_fold ? &behind : nullptr,
                 .folded = folded_ > 0 ? folded_bias_ : FoldedBias{},
                 .updates = updates_,
                 .refusals = refusals_,
                 .gone_past = gone_past_,
                 .left_out = left_out_,
                 .stored = *stored,
                 .batch_norm = batch_norm_};
  const std::size_t refused_before = refusals_.size();
  const bool done =
      visit_leaf<bool>(module.layer, [&call](const auto& layer) { return forward(call, layer); });
  if (refusals_.size() > refused_before) refused_by_ = &module;
  if (!done) return false;
  if (folded_ > 0 && !call.gives_input) --folded_;
  if (may_fold) {
    folded_ = call.folded_norms;
    folded_bias_ = call.folds;
  }
  if (tape_) remember(module, call);
  emit(module, call, stored);
  return true;
}

void ForwardPass::remember(Module& module, const LayerCall& call) {
  TapeEntry& entry = tape_->calls.emplace_back();
  entry.module = &module;
  entry.layer = module.layer;
  entry.input = current_;
  entry.output = call.output;
  entry.input_requires_grad = requires_grad_;
  for (const TensorSlot slot : parameter_slots)
    entry.parameter_requires_grad[index_of(slot)] = module.requires_gradient(slot);
  entry.saves_nothing = call.saves_nothing;
  entry.batch_statistics = call.batch_statistics;
  entry.baked = call.baked;
  entry.profile = call.profile;
  // A tensor that a backward reads is copied. The bias, and statistics that play no part, are only
  // there.
  for (const TensorSlot slot : formula_slots) {
    const auto& tensor = module.tensor(slot);
    const bool read = slot == TensorSlot::weight || (!is_parameter(slot) && !call.batch_statistics);
    if (tensor) entry.tensors[slot] = read ? tensor->clone() : *tensor;
  }
}

// Without gradients no result requires one; with them it does where an input or a parameter does
// (documented: https://docs.pytorch.org/docs/stable/notes/autograd.html).
void ForwardPass::emit(const Module& module, const LayerCall& call,
                       std::shared_ptr<Bounded> stored) {
  if (!call.gives_input) {
    const bool parameters =
        std::any_of(parameter_slots.begin(), parameter_slots.end(),
                    [&](TensorSlot slot) { return module.requires_gradient(slot); });
    requires_grad_ = options_.grad && (requires_grad_ || parameters);
    is_leaf_ = !requires_grad_;
  }
  LeafOutput output;
  output.module_ = &module;
  output.branch_ = call.branch;
  output.shape_ = call.output;
  output.dtype_ = current_.dtype;
  output.requires_grad_ = requires_grad_;
  output.is_leaf_ = is_leaf_;
  output.batch_norm_ = call.in_batch_norm ? &batch_norm_ : nullptr;
  output.stored_ = stored.get();
  std::optional<Activation> seen;
  if (*at_leaf_) seen = (*at_leaf_)(calls_, output);
  ++calls_;
  if (seen) {
    folded_ = 0;  // what was really there between two modules is not folded
    --buffer_;
    current_ = *seen;
    return;
  }
  if (call.in_batch_norm) {
    batch_norm_.output(*stored);
    stored->shape = call.output;  // the operation may have seen the elements under another one
  }
  current_.values = stored->values();
  current_.layout.reset();
  current_.owned = std::move(stored);
}

std::shared_ptr<Bounded> ForwardPass::fresh() {
  if (buffer_ == buffers_.size()) buffers_.emplace_back();
  std::shared_ptr<Bounded>& buffer = buffers_[buffer_++];
  if (!buffer || buffer.use_count() > 1) buffer = std::make_shared<Bounded>();
  return buffer;
}

}  // namespace normdiff::reference
