#include <torch/nn/functional/instancenorm.h>  // 1.13.1 leaves it out of the next
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/instancenorm.h>
#include <torch/nn/modules/linear.h>

#include "harness/subjects/libtorch/live.hpp"

namespace normdiff::libtorch {
namespace {

namespace nn = torch::nn;

/// std::optional, or in older versions LibTorch's own.
template <class T>
struct Parameter;
template <class R, class T>
struct Parameter<R (nn::Module::*)(const T&) const> {
  using type = T;
};
using OptionalDevice = Parameter<decltype(&nn::Module::clone)>::type;

/// A Sequential that can be a child: nn::Sequential's own forward is a template, which can't, and
/// its message recommends this.
class SequentialImpl : public nn::SequentialImpl {
 public:
  at::Tensor forward(at::Tensor input) {
    return nn::SequentialImpl::forward<at::Tensor>(std::move(input));
  }
  /// LibTorch's own clone, put into this class. The children are appended again: in 1.13.1 Module
  /// is a virtual base, which a copy would make anew, without any.
  std::shared_ptr<nn::Module> clone(
      const OptionalDevice& device = OptionalDevice()) const override {
    const std::shared_ptr<nn::Module> made = nn::SequentialImpl::clone(device);
    auto copy = std::make_shared<SequentialImpl>();
    for (const nn::AnyModule& child : dynamic_cast<const nn::SequentialImpl&>(*made))
      copy->push_back(child);
    return copy;
  }
};

/// LibTorch's words for a layer: `Impl`, its class, and `make`. A layer without one does not
/// compile.
template <class X>
struct Torch;

/// A layer that is made without arguments.
template <class ImplType>
struct Plain {
  using Impl = ImplType;
  template <class X>
  static std::shared_ptr<Impl> make(const X&) {
    return std::make_shared<Impl>();
  }
};
template <>
struct Torch<reference::Sequential> : Plain<SequentialImpl> {};
template <>
struct Torch<reference::ReLU> : Plain<nn::ReLUImpl> {};
template <>
struct Torch<reference::Flatten> : Plain<nn::FlattenImpl> {};
template <>
struct Torch<reference::Identity> : Plain<nn::IdentityImpl> {};

template <class ImplType>
struct TorchBatchNorm {
  using Impl = ImplType;
  static std::shared_ptr<Impl> make(const reference::BatchNormOptions& layer) {
    nn::BatchNormOptions options(layer.num_features);
    options.eps(layer.eps).affine(layer.affine).track_running_stats(layer.track_running_stats);
    set_momentum(options, layer.momentum);
    return std::make_shared<Impl>(options);
  }
};
template <>
struct Torch<reference::BatchNorm<1>> : TorchBatchNorm<nn::BatchNorm1dImpl> {};
template <>
struct Torch<reference::BatchNorm<2>> : TorchBatchNorm<nn::BatchNorm2dImpl> {};
template <>
struct Torch<reference::BatchNorm<3>> : TorchBatchNorm<nn::BatchNorm3dImpl> {};

template <class ImplType>
struct TorchInstanceNorm {
  using Impl = ImplType;
  static nn::InstanceNormOptions options_of(const reference::InstanceNormOptions& layer) {
    nn::InstanceNormOptions options(layer.num_features);
    options.eps(layer.eps).affine(layer.affine).track_running_stats(layer.track_running_stats);
    return options;
  }
  static std::optional<std::string> why_not_made(const reference::InstanceNormOptions& layer) {
    nn::InstanceNormOptions options = options_of(layer);
    return set_momentum(options, layer.momentum);
  }
  static std::shared_ptr<Impl> make(const reference::InstanceNormOptions& layer) {
    nn::InstanceNormOptions options = options_of(layer);
    set_momentum(options, layer.momentum);
    return std::make_shared<Impl>(options);
  }
};
template <>
struct Torch<reference::InstanceNorm<1>> : TorchInstanceNorm<nn::InstanceNorm1dImpl> {};
template <>
struct Torch<reference::InstanceNorm<2>> : TorchInstanceNorm<nn::InstanceNorm2dImpl> {};
template <>
struct Torch<reference::InstanceNorm<3>> : TorchInstanceNorm<nn::InstanceNorm3dImpl> {};

template <int dims, class ImplType>
struct TorchConv {
  using Impl = ImplType;
  static std::shared_ptr<Impl> make(const reference::ConvOptions& layer) {
    return std::make_shared<Impl>(
        nn::ConvOptions<dims>(layer.in_channels, layer.out_channels, layer.kernel_size)
            .stride(layer.stride)
            .padding(layer.padding)
            .groups(layer.groups)
            .bias(layer.bias));
  }
};
template <>
struct Torch<reference::Conv<1>> : TorchConv<1, nn::Conv1dImpl> {};
template <>
struct Torch<reference::Conv<2>> : TorchConv<2, nn::Conv2dImpl> {};
template <>
struct Torch<reference::Conv<3>> : TorchConv<3, nn::Conv3dImpl> {};

template <>
struct Torch<reference::Linear> {
  using Impl = nn::LinearImpl;
  static std::shared_ptr<Impl> make(const reference::Linear& layer) {
    return std::make_shared<Impl>(
        nn::LinearOptions(layer.in_features, layer.out_features).bias(layer.bias));
  }
};

template <>
struct Torch<reference::Dropout> {
  using Impl = nn::DropoutImpl;
  static std::shared_ptr<Impl> make(const reference::Dropout& layer) {
    return std::make_shared<Impl>(nn::DropoutOptions(layer.p));
  }
};

template <class X>
using ImplOf = typename Torch<std::remove_cvref_t<X>>::Impl;

template <class Impl>
Node node_of(nn::Module& module) {
  auto& impl = dynamic_cast<Impl&>(module);  // Module is a virtual base
  Node node;
  node.module = &module;
  node.self = &impl;
  node.forward = [](void* self, const at::Tensor& input) {
    return static_cast<Impl*>(self)->forward(input);
  };
  if constexpr (requires { impl.reset_running_stats(); }) {
    node.norm.options = &impl.options;
    node.norm.running_mean = &impl.running_mean;
    node.norm.running_var = &impl.running_var;
    node.norm.num_batches_tracked = &impl.num_batches_tracked;
    node.norm.reset_running_stats = [](void* self) {
      static_cast<Impl*>(self)->reset_running_stats();
    };
  }
  if constexpr (requires { impl.weight; }) {
    node.weight = &impl.weight;
    node.bias = &impl.bias;
  }
  return node;
}
Node node_of(nn::Module& module, const reference::Layer& layer) {
  return std::visit([&](const auto& x) { return node_of<ImplOf<decltype(x)>>(module); }, layer);
}

/// Walks an expression in the order in which places are numbered.
class Builder {
 public:
  Builder(const Scenario& scenario, int step, const std::vector<reference::Place>& places,
          const std::vector<Live>& lives)
      : scenario_(scenario), step_(step), places_(places), lives_(lives) {}

  std::shared_ptr<nn::Module> build(const ModuleExpression& expression) {
    const auto place = static_cast<int>(layers_.size());
    layers_.push_back(&expression.layer);
    std::shared_ptr<nn::Module> module = std::visit(
        [](const auto& x) -> std::shared_ptr<nn::Module> {
          return Torch<std::remove_cvref_t<decltype(x)>>::make(x);
        },
        expression.layer);
    initialise(*module, place);
    for (const ModuleExpression::Child& child : expression.children) {
      const std::size_t at = layers_.size();
      std::shared_ptr<nn::Module> made;
      if (const NameId* name = std::get_if<NameId>(&child.module)) {
        made = lives_[*name].root;
        for (const Node& node : lives_[*name].nodes) layers_.push_back(node.layer);
      } else {
        made = build(std::get<ModuleExpression>(child.module));
      }
      append(dynamic_cast<SequentialImpl&>(*module), child.name, made, *layers_[at]);
    }
    return module;
  }
  [[nodiscard]] Layers layers() && { return std::move(layers_); }

 private:
  static void append(SequentialImpl& parent, const std::string& name,
                     const std::shared_ptr<nn::Module>& module, const reference::Layer& layer) {
    std::visit(
        [&](const auto& x) {
          parent.push_back(name, std::dynamic_pointer_cast<ImplOf<decltype(x)>>(module));
        },
        layer);
  }

  void initialise(nn::Module& module, int place) {
    const ModuleSpec& spec = *places_[static_cast<std::size_t>(place)].module;
    const Node node = node_of(module, spec.layer);
    visit_tensors(spec.layer, [&](const reference::FreshTensor& fresh) {
      if (fresh.fill == reference::Fill::drawn)
        initial_values(scenario_, step_, place, spec, fresh.slot,
                       node.tensor(fresh.slot)->data_ptr<float>());
    });
  }

  const Scenario& scenario_;
  int step_;
  const std::vector<reference::Place>& places_;
  const std::vector<Live>& lives_;
  Layers layers_;  ///< of the places so far
};

void look(nn::Module& module, std::size_t place, const std::vector<reference::Place>& places,
          const Layers& layers, std::vector<Node>& nodes) {
  const reference::Layer& layer = *layers[place];
  Node node = node_of(module, layer);
  node.layer = &layer;
  node.is_container = is_container(layer);
  node.end = places[place].end;
  nodes.push_back(node);
  if (!node.is_container) return;
  const auto& sequential = *static_cast<SequentialImpl*>(node.self);
  std::size_t below = place + 1;
  for (std::size_t i = 0; i < sequential.size(); ++i) {
    look(*sequential.ptr(i), below, places, layers, nodes);
    below = static_cast<std::size_t>(places[below].end);
  }
}

}  // namespace

at::Tensor* Node::tensor(TensorSlot slot) const {
  switch (slot) {
    case TensorSlot::weight:
      return weight;
    case TensorSlot::bias:
      return bias;
    case TensorSlot::running_mean:
      return norm.running_mean;
    case TensorSlot::running_var:
      return norm.running_var;
    default:
      return norm.num_batches_tracked;
  }
}

std::optional<std::string> set_momentum(nn::BatchNormOptions& options,
                                        std::optional<double> value) {
  std::decay_t<decltype(options.momentum())> momentum;  // std:: or c10::optional, by version
  if (value) momentum = *value;
  options.momentum(momentum);
  return std::nullopt;
}

std::optional<std::string> set_momentum(nn::InstanceNormOptions& options,
                                        std::optional<double> value) {
  if (!value) return "the momentum of an instance norm in C++ is a number: None is Python's";
  options.momentum(*value);
  return std::nullopt;
}

std::optional<std::string> why_not_made(const ModuleExpression& expression) {
  auto reason = std::visit(
      [](const auto& layer) -> std::optional<std::string> {
        using Made = Torch<std::remove_cvref_t<decltype(layer)>>;
        if constexpr (requires { Made::why_not_made(layer); })
          return Made::why_not_made(layer);
        else
          return std::nullopt;
      },
      expression.layer);
  for (const ModuleExpression::Child& child : expression.children)
    if (const auto* below = std::get_if<ModuleExpression>(&child.module); below && !reason)
      reason = why_not_made(*below);
  return reason;
}

Built build(const Scenario& scenario, const Scope& scope, int step, const Construct& construct,
            const std::vector<Live>& lives) {
  Builder builder(scenario, step, scope[construct.result].places, lives);
  std::shared_ptr<nn::Module> root = builder.build(construct.module);
  return {std::move(root), std::move(builder).layers()};
}

std::optional<NameId> missing(const ModuleExpression& expression, const std::vector<Live>& lives) {
  for (const ModuleExpression::Child& child : expression.children) {
    if (const NameId* name = std::get_if<NameId>(&child.module)) {
      if (lives[*name].kind != NameKind::module) return *name;
    } else if (auto below = missing(std::get<ModuleExpression>(child.module), lives)) {
      return below;
    }
  }
  return std::nullopt;
}

std::vector<Node> look_into(nn::Module& root, const std::vector<reference::Place>& places,
                            const Layers& layers) {
  std::vector<Node> nodes;
  nodes.reserve(places.size());
  look(root, 0, places, layers, nodes);
  return nodes;
}

void replace_child(const Node& sequential, std::size_t child, const Node& replacement) {
  auto& parent = *static_cast<SequentialImpl*>(sequential.self);
  const std::shared_ptr<nn::Module> module = replacement.module->shared_from_this();
  parent.replace_module(parent.named_children()[child].key(), module);
  std::visit(
      [&](const auto& x) {
        *(parent.begin() + static_cast<std::ptrdiff_t>(child)) =
            nn::AnyModule(std::dynamic_pointer_cast<ImplOf<decltype(x)>>(module));
      },
      *replacement.layer);
}

}  // namespace normdiff::libtorch
