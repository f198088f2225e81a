#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/options/batchnorm.h>
#include <torch/nn/options/instancenorm.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "harness/scenario/scope.hpp"

// The things that a running scenario holds. Modules are looked into once, when they are made: after
// that a place is a struct of pointers to the module's own members, which are read anew after every
// step.
namespace normdiff::libtorch {

/// The members that only a norm has.
struct NormAccess {
  /// Those of LibTorch's class for the kind of norm.
  std::variant<std::monostate, torch::nn::BatchNormOptions*, torch::nn::InstanceNormOptions*>
      options;
  at::Tensor* running_mean = nullptr;
  at::Tensor* running_var = nullptr;
  at::Tensor* num_batches_tracked = nullptr;
  void (*reset_running_stats)(void* self) = nullptr;

  /// Calls f with the options of a norm; of any other module it does nothing.
  template <class F>
  void with_options(F&& f) const {
    std::visit(
        [&f](auto held) {
          if constexpr (!std::is_same_v<decltype(held), std::monostate>) f(*held);
        },
        options);
  }
};

/// One place of a tree of modules (reference::Place).
struct Node {
  torch::nn::Module* module = nullptr;
  const reference::Layer* layer = nullptr;  ///< the scenario's
  bool is_container = false;
  int end = 0;           ///< one past the last place below it
  void* self = nullptr;  ///< the module as its own class: what the functions below take
  at::Tensor (*forward)(void* self, const at::Tensor& input) = nullptr;
  at::Tensor* weight = nullptr;  ///< null: this kind of module has none
  at::Tensor* bias = nullptr;
  NormAccess norm;  ///< without options for any other module

  /// Null where this kind of module has no such slot.
  [[nodiscard]] at::Tensor* tensor(TensorSlot slot) const;
};

/// The thing that a name stands for while the scenario runs. `kind` is undefined until the name is
/// made.
struct Live {
  NameKind kind = NameKind::undefined;
  std::shared_ptr<torch::nn::Module> root;  ///< of a module
  std::vector<Node> nodes;                  ///< by place
  at::Tensor tensor;                        ///< of a tensor or result
  /// The gradients of a result that reached its leaf calls in the backward under way. Hooks write
  /// to the elements, so it never grows while there are hooks.
  std::vector<at::Tensor> leaf_gradients;
};

/// The layers of a tree, by place; they are the scenario's.
using Layers = std::vector<const reference::Layer*>;

struct Built {
  std::shared_ptr<torch::nn::Module> root;
  Layers layers;
};
/// Makes the modules of an expression. `lives` holds the modules that it shares by name.
[[nodiscard]] Built build(const Scenario& scenario, const Scope& scope, int step,
                          const Construct& construct, const std::vector<Live>& lives);
/// The first name that an expression shares and that isn't live.
[[nodiscard]] std::optional<NameId> missing(const ModuleExpression& expression,
                                            const std::vector<Live>& lives);
/// Every place of the tree below `root`, whose layers are these.
[[nodiscard]] std::vector<Node> look_into(torch::nn::Module& root,
                                          const std::vector<reference::Place>& places,
                                          const Layers& layers);

/// Puts a module in the place of a child of a Sequential. Module::replace_module alone changes what
/// parameters() and children() give; Sequential::forward goes through a list of its own.
void replace_child(const Node& sequential, std::size_t child, const Node& replacement);

/// Why the C++ front end can't make one of the modules; nullopt: it can.
[[nodiscard]] std::optional<std::string> why_not_made(const ModuleExpression& expression);

/// Why the C++ front end can't set it; nullopt: it is set.
std::optional<std::string> set_momentum(torch::nn::BatchNormOptions& options,
                                        std::optional<double> value);
std::optional<std::string> set_momentum(torch::nn::InstanceNormOptions& options,
                                        std::optional<double> value);

inline constexpr EnumArray<DType, at::ScalarType> scalar_types = {
    at::ScalarType::Float, at::ScalarType::Double, at::ScalarType::Long};
[[nodiscard]] constexpr at::ScalarType scalar_type(DType dtype) {
  return scalar_types[dtype];
}
/// nullopt: outside the vocabulary.
[[nodiscard]] constexpr std::optional<DType> dtype_of(at::ScalarType type) {
  for (const DType dtype : all_of<DType>)
    if (scalar_types[dtype] == type) return dtype;
  return std::nullopt;
}

}  // namespace normdiff::libtorch
