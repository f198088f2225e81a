#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/scenario/scope.hpp"
#include "harness/subjects/textbook/faults.hpp"
#include "reference/error.hpp"

// The textbook's modules and what can be done to a tree of them without running it.
namespace normdiff::textbook {

using reference::ErrorKind;
using reference::Refusal;
using reference::Tensor;

struct Module;
using ModulePtr = std::shared_ptr<Module>;

/// A weight or bias and its gradient. A script module holds the parameters of its original: a cast
/// or a gradient reaches both.
struct Parameter {
  std::optional<Tensor> tensor, grad;
  bool requires_grad = true;
};

/// The values that torch.jit.trace baked into one call of a module that is no Sequential.
struct BakedCall {
  int rank = 0;                  ///< of the input, which a convolution takes from then on
  std::optional<double> factor;  ///< the share of the batch, with momentum None
};

struct Module {
  const ModuleSpec* spec = nullptr;  ///< kind, sizes, stride, padding: what no step changes
  bool training = true;
  double eps = 0;
  std::optional<double> momentum;
  bool track_running_stats = false;
  /// Weight and bias: there always is a Parameter, if not always a tensor in it.
  std::array<std::shared_ptr<Parameter>, 2> parameters;
  std::array<std::optional<Tensor>, 3> buffers;  ///< the other slots
  std::vector<std::pair<std::string, ModulePtr>> children;
  /// The mode that a trace or an export fixed: `training` then is a flag without effect.
  std::optional<bool> baked_mode;
  std::vector<BakedCall> baked_calls;  ///< of a traced root, in the order of the calls

  [[nodiscard]] std::optional<Tensor>& operator[](TensorSlot slot) {
    const auto i = static_cast<std::size_t>(slot);
    return i < parameters.size() ? parameters[i]->tensor : buffers[i - parameters.size()];
  }
  [[nodiscard]] bool is_batch_norm() const { return reference::is_batch_norm(spec->layer); }
  [[nodiscard]] bool is_sequential() const { return is_container(spec->layer); }
  [[nodiscard]] bool runs_in_training() const { return baked_mode.value_or(training); }
};

/// A fresh module without children, parameters of convolutions and linear layers zero.
[[nodiscard]] ModulePtr fresh(const ModuleSpec& spec);
/// Every place, in pre-order.
void list_places(const ModulePtr& root, std::vector<ModulePtr>& out);

void train(Module& root, bool mode);
/// Nothing shared with the original; what is shared inside stays shared. Without gradients.
[[nodiscard]] ModulePtr deepcopy(const ModulePtr& root, Fault fault);
/// Modules of its own that hold the tensors of the original (torch.jit.script).
[[nodiscard]] ModulePtr script(const ModulePtr& root, Fault fault);
/// A script whose modules keep the modes that they are in (torch.jit.trace).
[[nodiscard]] ModulePtr trace(const ModulePtr& root, std::vector<BakedCall> calls);
void cast(Module& root, DType dtype);
void zero_grad(Module& root);
[[nodiscard]] std::optional<Refusal> reset_running_stats(Module& module);
[[nodiscard]] std::optional<Refusal> load_state_dict(Module& target, Module& source);

}  // namespace normdiff::textbook
