#pragma once

#include <variant>

#include "harness/subjects/textbook/modules.hpp"

// One call of one module that is no Sequential, and its backward.
namespace normdiff::textbook {

/// How a call is made.
struct Manner {
  Fault fault = Fault::none;
  bool checks = true;  ///< refuses an eps or a batch that a batch norm's formula would still take
  BakedCall baked;     ///< of a traced graph
};

/// A call keeps this for its backward, and for a trace.
struct Call {
  ModulePtr module;
  Tensor input;
  Shape output;
  std::optional<Tensor> weight;  ///< a copy, as it was
  Tensor mean, invstd;           ///< of a batch norm: what it normalised with
  bool batch_statistics = false;
  bool gives_input = false;      ///< the output is the input itself: nothing is kept
  std::optional<double> factor;  ///< of a batch norm with momentum None that moved its statistics
  bool input_requires_grad = false;
  std::array<bool, 2> parameter_requires_grad{};  ///< of weight and bias
  bool freed = false;                             ///< a backward went through it
};

/// A refusal leaves module and statistics as they were.
[[nodiscard]] std::variant<Tensor, Refusal> forward(const ModulePtr& module, const Tensor& input,
                                                    const Manner& manner, Call& call);

struct Gradients {
  Tensor input;  ///< left alone where the input requires none
  std::optional<Tensor> weight, bias;
};
[[nodiscard]] Gradients backward(const Call& call, const Tensor& gradient, Fault fault);

/// The weight that a backward takes: its forward's, unless the fault is another.
[[nodiscard]] const std::optional<Tensor>& weight_of(const Call& call, Fault fault);
/// The same elements under another shape, in memory of their own.
[[nodiscard]] Tensor reshaped(const Tensor& tensor, const Shape& shape);

}  // namespace normdiff::textbook
