#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reference/error.hpp"
#include "reference/numeric/arithmetic.hpp"
#include "reference/numeric/bounded.hpp"
#include "reference/ops/batch_norm.hpp"
#include "reference/ops/folding.hpp"
#include "reference/tensor/slot.hpp"

// The arguments of a layer's `forward` and `backward`: what they are given and fill in. They know
// nothing of trees.
namespace normdiff::reference {

/// The tensor that flows from layer to layer: elements, exact or with errors, and how they lie in
/// memory where that is known.
struct Activation {
  Values values;
  DType dtype = DType::float32;  ///< the working dtype, float32 or float64
  std::optional<Layout> layout;
  /// The memory of `values`, where the reference computed them; null: somebody else's memory, which
  /// outlives the graph.
  std::shared_ptr<const Bounded> owned = nullptr;
};

/// The values that torch.jit.trace baked into one call of a leaf.
struct TracedCall {
  std::optional<double> factor;  ///< with momentum None, the one of the forward that was traced
  int rank = 0;                  ///< of the input then, for a convolution; 0: not known

  friend bool operator==(const TracedCall& a, const TracedCall& b) {
    return a.factor == b.factor && a.rank == b.rank;
  }
};

/// Checks that an implementation leaves out, where it is known to: the forward goes on.
struct Unchecked {
  bool eps = false;  ///< of a batch norm
  /// A batch norm's tensors, or the dtype of a convolution's weight, need not fit an input without
  /// elements.
  bool empty_input = false;
  bool single_value = false;  ///< of an instance norm: one value for each sample and channel
};

struct ForwardOptions {
  bool grad = true;
  bool input_requires_grad = false;
  bool input_is_leaf = true;  ///< no graph made it
  /// Compute what the formula gives where the documentation refuses but there is a formula (eps <=
  /// 0, one value for each channel).
  bool past_soft_refusals = false;
  Unchecked unchecked;
  /// The pass follows another one directly: bounds of the statistics go on from there.
  bool continues = false;
  const Arithmetic* arithmetic = nullptr;
};

/// New running statistics that are known to within a bound, by the storage that holds them.
struct StatisticUpdate {
  const Storage* storage = nullptr;
  Bounded expected;
};

/// The statistics that a pass has moved, in order of first update; a storage occurs once.
class StatisticUpdates {
 public:
  void clear();
  /// The one of a tensor; empty at first.
  [[nodiscard]] Bounded& of(const Tensor& tensor);
  [[nodiscard]] const std::vector<StatisticUpdate>& list() const { return list_; }

 private:
  std::vector<StatisticUpdate> list_;
  std::vector<Bounded> spare_;  ///< of updates before, for their memory
};

/// One call of one layer in a forward.
struct LayerCall {
  // --- Given ---
  const Activation& input;
  SlotTensors& tensors;
  const ForwardOptions& options;
  bool training;  ///< the mode that counts: the one that a trace baked in, if any
  bool traced;    ///< by a graph of operations, without the modules' own checks
  TracedCall baked;
  /// Batch norms in eval right behind, which an exporter may have folded into this layer.
  const std::vector<BatchNormParameters>* norms_behind;
  FoldedBias folded;  ///< of a batch norm that may have been folded itself
  StatisticUpdates& updates;
  std::vector<Refusal>& refusals;  ///< of the pass; to be added to
  std::size_t& gone_past;          ///< the first of `refusals`, which did not stop the pass
  Unchecked& left_out;             ///< the checks whose leaving out let this go on

  // --- Filled in ---
  Bounded& stored;               ///< the output, unless it is in `batch_norm`
  BatchNormForward& batch_norm;  ///< buffers; with `in_batch_norm` the output, not stored
  bool in_batch_norm = false;
  Shape output = {};
  const char* branch = "";        ///< of the reference: "batch statistics", "conv2d", ...
  bool gives_input = false;       ///< the output is the input itself
  bool saves_nothing = false;     ///< a backward needs nothing of this call
  bool batch_statistics = false;  ///< of a batch norm
  Profile profile = {};           ///< of its backward
  int folded_norms = 0;           ///< how many of `norms_behind` may be part of this layer
  FoldedBias folds = {};          ///< what each of them gets as `folded`

  [[nodiscard]] const Shape& shape() const { return input.values.shape; }
  [[nodiscard]] const Tensor* find(TensorSlot slot) const {
    const auto& tensor = tensors[slot];
    return tensor ? &*tensor : nullptr;
  }
  /// The tensor of that slot is there and not of the input's dtype.
  [[nodiscard]] bool differs(TensorSlot slot) const {
    const Tensor* tensor = find(slot);
    return tensor && tensor->dtype() != input.dtype;
  }
  void refuse(ErrorKind kind, std::string why) { refusals.push_back({kind, std::move(why)}); }
  /// Something stops the pass here.
  [[nodiscard]] bool is_refused() const { return refusals.size() > gone_past; }
};

/// Fills in a call whose output is its input itself.
void give_input(LayerCall& call);

/// The norms behind that may have been folded into a layer with this weight: those that fit, up to
/// the first that does not. Fills in what the call says of them.
[[nodiscard]] Folding plan_folding(LayerCall& call, const Tensor& weight);

/// The graph keeps this of a call for its backward: copies, made when the call was made.
struct SavedCall {
  Activation input;
  Shape output = {};
  bool input_requires_grad = false;
  ParameterFlags parameter_requires_grad{};
  bool saves_nothing = false;
  bool batch_statistics = false;
  TracedCall baked = {};
  Profile profile;
  /// As they were, where a backward reads them: the weight, statistics that were normalised with.
  SlotTensors tensors;

  [[nodiscard]] const Tensor* find(TensorSlot slot) const {
    const auto& tensor = tensors[slot];
    return tensor ? &*tensor : nullptr;
  }
};

/// One call of one layer in a backward.
struct LayerGradient {
  // --- Given ---
  const SavedCall& call;
  Values upstream;  ///< of the shape of the call's output
  Profile profile;  ///< the call's, or its probable bounds

  // --- Filled in ---
  Bounded* input;  ///< null: not required
  /// By TensorSlot; null: not required.
  std::array<Bounded*, parameter_slot_count> parameters;
  BatchNormForward& batch_norm;  ///< buffers
  BatchNormBackward& batch_norm_backward;
  const char* branch = "";

  [[nodiscard]] Bounded* of(TensorSlot slot) const { return parameters[index_of(slot)]; }
};

/// Fills in the gradient of a call whose output has the elements of its input.
void give_upstream(LayerGradient& gradient);

/// The values as they are, under another shape.
void reshape(const Values& values, const Shape& shape, Bounded& out);

}  // namespace normdiff::reference
