#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "reference/error.hpp"
#include "reference/modules/module.hpp"
#include "reference/numeric/bounded.hpp"
#include "reference/numeric/profile.hpp"
#include "reference/ops/batch_norm.hpp"
#include "reference/ops/folding.hpp"

namespace normdiff::reference {

/// What flows from module to module: elements, exact or with errors, and how they lie in memory
/// where that is known.
struct Activation {
  Values values;
  DType dtype = DType::float32;  ///< the working dtype, float32 or float64
  std::optional<Layout> layout;
};

/// Which arithmetic to bound: the profile of a batch norm on an input, and whether batch norms in
/// eval may have been folded into the convolution right before them.
struct Arithmetic {
  std::function<Profile(DType, const Shape&, std::optional<Layout>)> batch_norm;
  bool may_fold = false;
};
/// LibTorch's CPU kernels; an unknown layout gets the loosest of them.
[[nodiscard]] const Arithmetic& libtorch_cpu();
/// Any honest implementation.
[[nodiscard]] const Arithmetic& any_implementation();

/// The expected output of one leaf. Valid during the call that hands it out.
class LeafOutput {
 public:
  [[nodiscard]] const Module& module() const { return *module_; }
  /// "batch statistics", "running statistics", "conv2d", ...: a branch of the reference.
  [[nodiscard]] const char* branch() const { return branch_; }
  [[nodiscard]] const Shape& shape() const { return shape_; }
  [[nodiscard]] DType dtype() const { return dtype_; }
  [[nodiscard]] bool requires_grad() const { return requires_grad_; }
  /// No graph made it: nothing requires a gradient, or it is the input itself.
  [[nodiscard]] bool is_leaf() const { return is_leaf_; }
  /// Dense observed elements of dtype() and shape().
  [[nodiscard]] Comparison compare(const void* observed) const;

 private:
  friend class ForwardPass;
  const Module* module_ = nullptr;
  const char* branch_ = "";
  Shape shape_;
  DType dtype_ = DType::float32;
  bool requires_grad_ = false;
  bool is_leaf_ = true;
  const BatchNormForward* batch_norm_ = nullptr;  ///< else `stored_`
  const Bounded* stored_ = nullptr;
};

/// What a leaf call must remember for its backward: copies, made when the call was made.
struct TapeEntry {
  Module* module = nullptr;
  Activation input;
  Shape output;
  bool input_requires_grad = false;
  bool batch_statistics = false;
  Profile profile;
  /// As they were, where a backward reads them: the weight, statistics that were normalised with.
  SlotTensors tensors;
  double eps = 0;
  bool tracking = true;   ///< track_running_stats, as it was
  bool modified = false;  ///< a tensor that the call saved was changed in place since (`saves`)
};
/// Whether the graph keeps that tensor of the call's module. Documented: changing in place what a
/// backward needs is an error (https://docs.pytorch.org/docs/stable/notes/autograd.html). Our
/// choice, as in PyTorch's formulas: a batch norm's weight and the statistics it was given, a
/// convolution's weight, a linear layer's weight where its input requires a gradient.
[[nodiscard]] bool saves(const TapeEntry& call, TensorSlot slot);

/// A result's graph. `owned` keeps the activations that nobody observed.
struct Tape {
  std::vector<TapeEntry> calls;
  std::vector<Bounded> owned;
  bool requires_grad = false;
  bool freed = false;
  bool saves_tensors = false;  ///< a second backward is refused only if something was saved
  bool stale = false;          ///< a module of it was cast since
  DType dtype = DType::float32;
  Shape output;
};

/// New running statistics that are known to within a bound, by the storage that holds them.
struct StatisticUpdate {
  const Storage* storage = nullptr;
  Bounded expected;
};

/// Checks that an implementation leaves out, where it is known to: the forward goes on.
struct Unchecked {
  bool eps = false;  ///< of a batch norm
  /// Whether a batch norm's tensors, or the dtype of a convolution's weight, fit an input without
  /// elements.
  bool empty_input = false;
};

struct ForwardOptions {
  bool grad = true;
  bool input_requires_grad = false;
  /// Compute what the formula gives where the documentation refuses but there is a formula (eps <=
  /// 0, one value for each channel).
  bool past_soft_refusals = false;
  Unchecked unchecked;
  /// The pass follows another one directly: bounds of the statistics go on from there.
  bool continues = false;
  const Arithmetic* arithmetic = nullptr;
};

/// One forward through a tree, leaf by leaf. Moves counters and running statistics of the modules
/// it runs (rounded to nearest), and says what was refused. Keep one: buffers are reused.
class ForwardPass {
 public:
  /// Called after each leaf. What it returns, if anything, is what the next leaf really got.
  using AtLeaf = std::function<std::optional<Activation>(int call, const LeafOutput& output)>;

  /// `tape`, where given, is filled for a backward. `root` must be owned by a shared pointer of the
  /// caller's that outlives the tape.
  void run(Module& root, const Activation& input, const ForwardOptions& options,
           const AtLeaf& at_leaf, Tape* tape);

  /// Empty: the whole tree ran. Else why the leaf that stopped it refuses (every reason that
  /// applies; which one an implementation gives is its own choice).
  [[nodiscard]] const std::vector<Refusal>& refusals() const { return refusals_; }
  [[nodiscard]] const Module* refused_by() const { return refused_by_; }
  /// The checks whose leaving out let this forward go on.
  [[nodiscard]] const Unchecked& left_out() const { return left_out_; }
  /// In order of first update; a storage occurs once. Good until the next run, one that continues
  /// included.
  [[nodiscard]] const std::vector<StatisticUpdate>& updates() const { return updates_; }
  [[nodiscard]] int calls() const { return calls_; }
  /// Of the input of each leaf that was called, the one that refused included.
  [[nodiscard]] const std::vector<int>& ranks() const { return ranks_; }
  /// Whether the output requires a gradient.
  [[nodiscard]] bool requires_grad() const { return requires_grad_; }
  /// The last activation: of the last leaf, or the input of an empty tree.
  [[nodiscard]] const Activation& last() const { return current_; }

 private:
  /// What was baked in for the leaf call under way.
  [[nodiscard]] TracedCall traced() const;
  [[nodiscard]] bool takes(const Module& module, int rank) const;
  bool module(Module& module);
  bool leaf(Module& module);
  bool batch_norm(Module& module);
  void normalise_statistics(Module& module, bool training, bool batch_statistics);
  /// Hands out the output of a leaf. `computed`: it is not the input itself.
  void emit(Module& module, const char* branch, const Shape& shape, bool computed = true);
  void remember(Module& module, bool batch_statistics, const Profile& profile);
  void keep_unobserved();
  /// Of the convolution under way.
  Folding plan_folding(const Tensor& weight);
  bool refuse(Module& module, ErrorKind kind, std::string why);
  Bounded& update_of(const Tensor& tensor);
  Bounded& fresh();

  ForwardOptions options_;
  const AtLeaf* at_leaf_ = nullptr;
  Tape* tape_ = nullptr;
  Activation current_;
  bool requires_grad_ = false;
  bool is_leaf_ = true;
  int calls_ = 0;
  std::vector<int> ranks_;
  std::vector<Refusal> refusals_;
  const Module* root_ = nullptr;
  Unchecked left_out_;
  const Module* refused_by_ = nullptr;
  std::vector<StatisticUpdate> updates_;
  std::vector<Bounded> spare_;    ///< of updates before, for their memory
  std::vector<Bounded> buffers_;  ///< outputs, reused
  std::size_t buffer_ = 0;
  Bounded* stored_ = nullptr;  ///< output of the leaf under way; null: batch_norm_ has it
  BatchNormForward batch_norm_;
  Profile profile_;
  std::vector<Module*> leaves_;  ///< in the order of their calls, where something may be folded
  int folded_ = 0;               ///< batch norms to come that may be part of the convolution before
  FoldedBias folded_bias_;
};

}  // namespace normdiff::reference
