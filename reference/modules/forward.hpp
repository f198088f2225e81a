#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "reference/error.hpp"
#include "reference/layers/call.hpp"
#include "reference/modules/module.hpp"
#include "reference/numeric/bounded.hpp"

namespace normdiff::reference {

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

/// A leaf call on a graph.
struct TapeEntry : SavedCall {
  Module* module = nullptr;
  Layer layer;            ///< its options, as they were
  bool modified = false;  ///< a tensor that the call saved was changed in place since (`saves`)
  bool freed = false;     ///< a backward went through it, and what it saved is gone
};
/// The graph keeps that tensor of the call's module. Documented: changing in place what a
/// backward needs is an error (https://docs.pytorch.org/docs/stable/notes/autograd.html).
[[nodiscard]] bool saves(const TapeEntry& call, TensorSlot slot);

/// A result's graph.
struct Tape {
  std::vector<TapeEntry> calls;
  /// The graph of the result that the forward ran on: a backward goes on there. Null: the forward
  /// ran on a leaf, or on what requires no gradient.
  std::shared_ptr<Tape> before;
  bool requires_grad = false;
  bool stale = false;  ///< a module of it was cast since
  DType dtype = DType::float32;
  Shape output;
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
  /// applies; which one an implementation gives is its own choice), behind the reasons of the
  /// leaves that the pass went past.
  [[nodiscard]] const std::vector<Refusal>& refusals() const { return refusals_; }
  [[nodiscard]] const Module* refused_by() const { return refused_by_; }
  /// The checks whose leaving out let this forward go on.
  [[nodiscard]] const Unchecked& left_out() const { return left_out_; }
  /// In order of first update; a storage occurs once. Good until the next run, one that continues
  /// included.
  [[nodiscard]] const std::vector<StatisticUpdate>& updates() const { return updates_.list(); }
  [[nodiscard]] int calls() const { return calls_; }
  /// The rank of the input of each leaf that was called, the one that refused included.
  [[nodiscard]] const std::vector<int>& ranks() const { return ranks_; }
  /// The output requires a gradient.
  [[nodiscard]] bool requires_grad() const { return requires_grad_; }
  /// The last activation: of the last leaf, or the input of an empty tree.
  [[nodiscard]] const Activation& last() const { return current_; }

 private:
  /// The values that were baked in for the leaf call under way.
  [[nodiscard]] TracedCall traced() const;
  [[nodiscard]] bool takes(const Module& module, int rank) const;
  bool module(Module& module);
  bool leaf(Module& module);
  bool refuse_rank(Module& module);
  /// Puts the call on the tape.
  void remember(Module& module, const LayerCall& call);
  /// Hands out the output, and goes on with what was really there or with what was computed.
  void emit(const Module& module, const LayerCall& call, std::shared_ptr<Bounded> stored);
  [[nodiscard]] std::vector<BatchNormParameters> norms_behind() const;
  /// A buffer that no graph holds.
  std::shared_ptr<Bounded> fresh();

  ForwardOptions options_;
  const AtLeaf* at_leaf_ = nullptr;
  Tape* tape_ = nullptr;
  Activation current_;
  bool requires_grad_ = false;
  bool is_leaf_ = true;
  int calls_ = 0;
  std::vector<int> ranks_;
  std::vector<Refusal> refusals_;
  std::size_t gone_past_ = 0;  ///< refusals, the first of them, that did not stop the pass
  const Module* root_ = nullptr;
  Unchecked left_out_;
  const Module* refused_by_ = nullptr;
  StatisticUpdates updates_;
  std::vector<std::shared_ptr<Bounded>> buffers_;  ///< outputs, reused once no graph owns them
  std::size_t buffer_ = 0;
  BatchNormForward batch_norm_;
  std::vector<Module*> leaves_;  ///< in the order of their calls, where something may be folded
  int folded_ = 0;               ///< batch norms to come that may be part of a layer before
  FoldedBias folded_bias_;
};

}  // namespace normdiff::reference
