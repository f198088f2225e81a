#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "reference/modules/forward.hpp"

namespace normdiff::reference {

/// The addition of a backward to one parameter's gradient (uses of a shared module added up).
struct ParameterGradient {
  Module* module = nullptr;
  TensorSlot slot = TensorSlot::weight;
  Bounded expected;
  int uses = 1;
  std::vector<double>
      reach;  ///< of each element, where there are several uses: the sum of their |.|
};

/// The expected gradient of the input of one leaf call. Valid during the call that hands it out.
class InputGradient {
 public:
  [[nodiscard]] const Module& module() const { return *module_; }
  [[nodiscard]] const char* branch() const { return branch_; }
  [[nodiscard]] const Shape& shape() const { return shape_; }
  [[nodiscard]] DType dtype() const { return dtype_; }
  [[nodiscard]] Comparison compare(const void* observed) const;
  [[nodiscard]] const Bounded& stored() const { return *stored_; }

 private:
  friend class BackwardPass;
  const Module* module_ = nullptr;
  const char* branch_ = "";
  Shape shape_;
  DType dtype_ = DType::float32;
  const Bounded* stored_ = nullptr;
};

struct BackwardOptions {
  /// Keeps what the calls saved; else it is gone once the backward went through them (documented:
  /// https://docs.pytorch.org/docs/stable/generated/torch.Tensor.backward.html).
  bool retain_graph = false;
  /// Goes on through calls that saved what was changed in place since.
  bool past_modified = false;
  /// Probable: for the bounds of every call, whose forward may have had the proven ones.
  Tier tier = Tier::proven;
};

/// One backward through a recorded forward, from the last leaf to the first, and on through the
/// forwards that its input came from. Documented formulas: a backward uses the values of its own
/// forward. Keep one: buffers are reused.
class BackwardPass {
 public:
  /// Called with the gradient of the input of call `call` of the last forward, which is the output
  /// of call - 1 (call 0: the input of that forward). What it returns, if anything, is what really
  /// went on from there. In the forwards before, nobody sees the gradients: they go on with their
  /// bounds.
  using AtLeaf = std::function<std::optional<Values>(int call, const InputGradient& gradient)>;

  /// Refused at the first call whose saved tensors are gone, or were changed in place. What was
  /// done up to there stays done, but for a parameter that a call further on uses too: its gradient
  /// is not whole, and none is added (our choice: the documentation is silent, and Python and C++
  /// agree).
  void run(Tape& tape, const Values& upstream, const AtLeaf& at_leaf,
           const BackwardOptions& options = {});

  [[nodiscard]] const std::optional<Refusal>& refusal() const { return refusal_; }
  [[nodiscard]] const Module* refused_by() const { return refused_by_; }

  /// The gradients of parameters that required one when they were called, and do now (documented: a
  /// backward accumulates gradients in the leaves that require one,
  /// https://docs.pytorch.org/docs/stable/notes/autograd.html#requires-grad).
  [[nodiscard]] std::vector<ParameterGradient>& parameters() { return parameters_; }
  /// The gradient of the leaf that the first forward ran on; null where it is not required.
  [[nodiscard]] const Bounded* input() const { return input_; }

 private:
  /// Runs through one forward. False: the backward ends here, as no gradient is required further on
  /// or a call refuses.
  bool run_through(Tape& tape, Values& gradient, const AtLeaf& at_leaf,
                   const BackwardOptions& options);
  /// Refuses a call whose saved tensors are gone or were changed; false: it can run.
  bool refuses(const TapeEntry& call, const BackwardOptions& options);
  /// Runs through one call; `input`: null where its input requires no gradient.
  void run_call(TapeEntry& call, const Values& gradient, Tier tier, Bounded* input);
  Bounded& buffer();
  void add(Module* module, TensorSlot slot, const Bounded& gradient, double u);
  /// Drops the gradients of parameters that the first `calls` calls of the tape, or the tapes
  /// before it, use too.
  void drop_unfinished(const Tape& tape, std::size_t calls);

  std::vector<ParameterGradient> parameters_;
  std::deque<Bounded> buffers_;  ///< of inputs, `used_` of them in use
  std::size_t used_ = 0;
  std::array<Bounded, parameter_slot_count> gradients_;  ///< of the call under way
  const Bounded* input_ = nullptr;
  std::optional<Refusal> refusal_;
  const Module* refused_by_ = nullptr;
  const char* branch_ = "";  ///< of the call under way
  BatchNormForward forward_;
  BatchNormBackward backward_;
};

/// `before` (a gradient already there, or null) plus what a backward adds: documented, "accumulates
/// gradients in the leaves",
/// https://docs.pytorch.org/docs/stable/generated/torch.Tensor.backward.html. With the rounding of
/// the addition in `dtype` (derived), and nothing known near overflow (our choice). Overwrites
/// `sum`.
void accumulate(const Tensor* before, const Bounded& added, DType dtype, Bounded& sum);
/// The same of a parameter. Who adds several uses one by one to what was there rounds as often.
void accumulate(const Tensor* before, const ParameterGradient& added, DType dtype, Bounded& sum);

}  // namespace normdiff::reference
