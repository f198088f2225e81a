#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "reference/modules/forward.hpp"

namespace normdiff::reference {

/// What a backward adds to one parameter's gradient (uses of a shared module added up).
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

/// One backward through a recorded forward, from the last leaf to the first. Documented formulas:
/// a backward uses the values of its own forward. Keep one: buffers are reused.
class BackwardPass {
 public:
  /// Called with the gradient of the input of call `call`, which is the output of call - 1 (call 0:
  /// the input of the whole). What it returns, if anything, is what really went on from there.
  using AtLeaf = std::function<std::optional<Values>(int call, const InputGradient& gradient)>;

  /// A backward of a freed graph is refused at the first call that saved something. With
  /// `stop_at_modified` it is refused at the first call that saved what was changed in place since,
  /// too. What was done up to there stays done (our choice: the documentation is silent).
  void run(const Tape& tape, const Values& upstream, const AtLeaf& at_leaf,
           bool stop_at_modified = false);

  /// The number of the call that it was stopped at.
  [[nodiscard]] std::optional<std::size_t> stopped_at() const { return stopped_at_; }

  /// Of every parameter of every leaf call that has one.
  [[nodiscard]] std::vector<ParameterGradient>& parameters() { return parameters_; }
  /// Of the input of the whole; null where it is not required.
  [[nodiscard]] const Bounded* input() const { return input_; }

 private:
  void add(Module* module, TensorSlot slot, const Bounded& gradient, double u);

  std::vector<ParameterGradient> parameters_;
  std::vector<Bounded> buffers_;
  std::array<Bounded, parameter_slot_count> gradients_;  ///< of the call under way
  const Bounded* input_ = nullptr;
  std::optional<std::size_t> stopped_at_;
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
