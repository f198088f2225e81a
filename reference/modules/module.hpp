#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "reference/error.hpp"
#include "reference/modules/spec.hpp"
#include "reference/tensor/slot.hpp"

namespace normdiff::reference {

struct Module;
using ModulePtr = std::shared_ptr<Module>;

/// A module with its state. Children are shared pointers: one child in two places is one module.
struct Module {
  Layer layer;
  bool training = true;
  SlotTensors tensors;
  SlotGradients grads;
  /// Each parameter requires a gradient or does not. The flag is the parameter's, not the module's:
  /// modules that share a parameter must agree. Documented:
  /// https://docs.pytorch.org/docs/stable/notes/autograd.html#requires-grad
  ParameterFlags requires_grad = every_parameter;
  std::vector<std::pair<std::string, ModulePtr>> children;
  /// torch.jit.trace bakes this in: the mode that each module was traced in, which decides what a
  /// forward does; `training` then is a flag and no more.
  std::optional<bool> traced_training;
  /// The baked values of the root of a forward, by leaf call: a shared module has one for each of
  /// its calls.
  std::vector<TracedCall> traced_calls;

  [[nodiscard]] std::optional<Tensor>& tensor(TensorSlot slot) { return tensors[slot]; }
  [[nodiscard]] const std::optional<Tensor>& tensor(TensorSlot slot) const { return tensors[slot]; }
  [[nodiscard]] std::optional<Tensor>& grad(TensorSlot parameter) {
    return grads[index_of(parameter)];
  }
  [[nodiscard]] const Tensor* find(TensorSlot slot) const {
    const auto& t = tensor(slot);
    return t ? &*t : nullptr;
  }
  /// True where the parameter is there and requires a gradient.
  [[nodiscard]] bool requires_gradient(TensorSlot parameter) const {
    return find(parameter) != nullptr && requires_grad[index_of(parameter)];
  }
  [[nodiscard]] ModuleKind kind() const { return kind_in(layer); }
  /// The mode that counts in a forward.
  [[nodiscard]] bool runs_in_training() const { return traced_training.value_or(training); }
  /// Only of a norm.
  [[nodiscard]] const NormOptions& norm() const { return *norm_in(layer); }
  [[nodiscard]] NormOptions& norm() { return *norm_in(layer); }
};

/// Fresh modules by spec. A spec seen before is the module made then: that is how children are
/// shared, also between trees.
using Made = std::unordered_map<const ModuleSpec*, ModulePtr>;

/// A fresh module in training, float32, filled as its layer says; what is to be drawn is zero, for
/// the caller to fill.
[[nodiscard]] ModulePtr construct(const ModuleSpec& spec, Made& made);

/// Every place of the tree in pre-order, the root first, a shared child as often as it occurs: the
/// order of `places(spec)`.
[[nodiscard]] std::vector<Module*> places(Module& root);

/// How many leaves one forward of the tree calls: a shared one as often as it occurs.
[[nodiscard]] int leaf_calls(const Module& root);

/// Sets the flag of the whole subtree. Documented:
/// https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.train
void train(Module& root, bool mode);

/// New modules and new tensors throughout, without gradients (our choice: the documentation is
/// silent, and Python and C++ agree); what was shared inside stays shared, modules and tensors. A
/// copy of a parameter requires a gradient where the original does (derived: a deep copy is equal).
[[nodiscard]] ModulePtr deepcopy(const Module& root);

/// Running mean 0, running variance 1, counter 0, while track_running_stats is set (our choice, and
/// what both front ends do: switched off, nothing is reset). Set, and no statistics there: refused.
[[nodiscard]] std::optional<Refusal> reset_running_stats(Module& module);

/// Casts every floating-point parameter, buffer and gradient; the counter stays int64.
void to(Module& root, DType dtype);

/// Every gradient None.
void zero_grad(Module& root);

/// ("bn.weight", tensor) in order; a shared tensor under each of its names.
[[nodiscard]] std::vector<std::pair<std::string, Tensor>> state_dict(const Module& root);

/// Copies values into the tensors of the same key, rounded to their dtype. Keys that are missing or
/// unexpected, shapes that differ: refused, for each kind of reason there is (documented:
/// https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html, `strict`). Like Python's
/// strict load, what fits is copied first: the documentation promises an error, not that nothing
/// was loaded.
[[nodiscard]] std::vector<Refusal> load_state_dict(
    Module& root, const std::vector<std::pair<std::string, Tensor>>& state);

}  // namespace normdiff::reference
