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

struct Module {
  const ModuleSpec* spec = nullptr;  ///< kind, sizes, stride, padding: what no step changes
  bool training = true;
  double eps = 0;
  std::optional<double> momentum;
  bool track_running_stats = false;
  reference::SlotTensors tensors;
  reference::SlotGradients grads;
  std::vector<std::pair<std::string, ModulePtr>> children;

  [[nodiscard]] std::optional<Tensor>& operator[](TensorSlot slot) {
    return tensors[index_of(slot)];
  }
  [[nodiscard]] bool is_batch_norm() const { return reference::is_batch_norm(spec->layer); }
};

/// A fresh module without children, parameters of convolutions and linear layers zero.
[[nodiscard]] ModulePtr fresh(const ModuleSpec& spec);
/// Every place, in pre-order.
void list_places(const ModulePtr& root, std::vector<ModulePtr>& out);

void train(Module& root, bool mode);
[[nodiscard]] ModulePtr deepcopy(const ModulePtr& root, Fault fault);
void cast(Module& root, DType dtype);
void zero_grad(Module& root);
[[nodiscard]] std::optional<Refusal> reset_running_stats(Module& module);
[[nodiscard]] std::optional<Refusal> load_state_dict(Module& target, Module& source);

}  // namespace normdiff::textbook
