#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
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
  SequentialImpl() = default;
  explicit SequentialImpl(const nn::SequentialImpl& other) : nn::SequentialImpl(other) {}

  at::Tensor forward(at::Tensor input) {
    return nn::SequentialImpl::forward<at::Tensor>(std::move(input));
  }
  /// LibTorch's own clone, put into this class.
  std::shared_ptr<nn::Module> clone(
      const OptionalDevice& device = OptionalDevice()) const override {
    const std::shared_ptr<nn::Module> copy = nn::SequentialImpl::clone(device);
    return std::make_shared<SequentialImpl>(dynamic_cast<const nn::SequentialImpl&>(*copy));
  }
};

/// Calls f with a null pointer to the class that a kind of module is.
template <class F>
decltype(auto) with_class(ModuleKind kind, F&& f) {
  switch (kind) {
    case ModuleKind::BatchNorm1d:
      return f(static_cast<nn::BatchNorm1dImpl*>(nullptr));
    case ModuleKind::BatchNorm2d:
      return f(static_cast<nn::BatchNorm2dImpl*>(nullptr));
    case ModuleKind::BatchNorm3d:
      return f(static_cast<nn::BatchNorm3dImpl*>(nullptr));
    case ModuleKind::Conv2d:
      return f(static_cast<nn::Conv2dImpl*>(nullptr));
    case ModuleKind::Linear:
      return f(static_cast<nn::LinearImpl*>(nullptr));
    case ModuleKind::ReLU:
      return f(static_cast<nn::ReLUImpl*>(nullptr));
    case ModuleKind::Flatten:
      return f(static_cast<nn::FlattenImpl*>(nullptr));
    default:
      return f(static_cast<SequentialImpl*>(nullptr));
  }
}

template <class Impl, class... Those>
inline constexpr bool is_any_of = (std::is_same_v<Impl, Those> || ...);
template <class Impl>
inline constexpr bool is_norm =
    is_any_of<Impl, nn::BatchNorm1dImpl, nn::BatchNorm2dImpl, nn::BatchNorm3dImpl>;

template <class Impl>
std::shared_ptr<nn::Module> make(const reference::ModuleOptions& options) {
  if constexpr (std::is_same_v<Impl, nn::Conv2dImpl>) {
    const auto& o = std::get<reference::Conv2dOptions>(options);
    return std::make_shared<Impl>(nn::Conv2dOptions(o.in_channels, o.out_channels, o.kernel_size)
                                      .stride(o.stride)
                                      .padding(o.padding)
                                      .bias(o.bias));
  } else if constexpr (std::is_same_v<Impl, nn::LinearImpl>) {
    const auto& o = std::get<reference::LinearOptions>(options);
    return std::make_shared<Impl>(nn::LinearOptions(o.in_features, o.out_features).bias(o.bias));
  } else if constexpr (is_norm<Impl>) {
    const auto& o = std::get<reference::BatchNormOptions>(options);
    nn::BatchNormOptions wanted(o.num_features);
    wanted.eps(o.eps).affine(o.affine).track_running_stats(o.track_running_stats);
    set_momentum(wanted, o.momentum);
    return std::make_shared<Impl>(wanted);
  } else {
    return std::make_shared<Impl>();
  }
}

template <class Impl>
Node node_of(nn::Module& module) {
  auto& impl = dynamic_cast<Impl&>(module);  // Module is a virtual base
  Node node;
  node.module = &module;
  node.self = &impl;
  node.forward = [](void* self, const at::Tensor& input) {
    return static_cast<Impl*>(self)->forward(input);
  };
  if constexpr (is_norm<Impl>) {
    node.norm.options = &impl.options;
    node.norm.running_mean = &impl.running_mean;
    node.norm.running_var = &impl.running_var;
    node.norm.num_batches_tracked = &impl.num_batches_tracked;
    node.norm.reset_running_stats = [](void* self) {
      static_cast<Impl*>(self)->reset_running_stats();
    };
  }
  if constexpr (is_norm<Impl> || is_any_of<Impl, nn::Conv2dImpl, nn::LinearImpl>) {
    node.weight = &impl.weight;
    node.bias = &impl.bias;
  }
  return node;
}

/// Walks an expression in the order in which places are numbered.
class Builder {
 public:
  Builder(const Scenario& scenario, const Scope& scope, int step,
          const std::vector<reference::Place>& places, const std::vector<Live>& lives)
      : scenario_(scenario), scope_(scope), step_(step), places_(places), lives_(lives) {}

  std::shared_ptr<nn::Module> build(const ModuleExpression& expression) {
    const int place = next_++;
    std::shared_ptr<nn::Module> module = with_class(expression.kind, [&](auto* type) {
      return make<std::decay_t<decltype(*type)>>(expression.options);
    });
    if (expression.kind == ModuleKind::Conv2d || expression.kind == ModuleKind::Linear)
      initialise(*module, expression.kind, place);
    for (const ModuleExpression::Child& child : expression.children) {
      const int at = next_;
      std::shared_ptr<nn::Module> made;
      if (const NameId* name = std::get_if<NameId>(&child.module)) {
        made = lives_[*name].root;
        next_ += static_cast<int>(scope_[*name].places.size());
      } else {
        made = build(std::get<ModuleExpression>(child.module));
      }
      append(dynamic_cast<SequentialImpl&>(*module), child.name, made,
             places_[static_cast<std::size_t>(at)].module->kind);
    }
    return module;
  }

 private:
  static void append(SequentialImpl& parent, const std::string& name,
                     const std::shared_ptr<nn::Module>& module, ModuleKind kind) {
    with_class(kind, [&](auto* type) {
      parent.push_back(name, std::dynamic_pointer_cast<std::decay_t<decltype(*type)>>(module));
    });
  }

  void initialise(nn::Module& module, ModuleKind kind, int place) {
    const Node node = with_class(
        kind, [&](auto* type) { return node_of<std::decay_t<decltype(*type)>>(module); });
    const ModuleSpec& spec = *places_[static_cast<std::size_t>(place)].module;
    if (node.weight->defined())
      initial_values(scenario_, step_, place, spec, TensorSlot::weight,
                     node.weight->data_ptr<float>());
    if (node.bias->defined())
      initial_values(scenario_, step_, place, spec, TensorSlot::bias, node.bias->data_ptr<float>());
  }

  const Scenario& scenario_;
  const Scope& scope_;
  int step_;
  const std::vector<reference::Place>& places_;
  const std::vector<Live>& lives_;
  int next_ = 0;
};

void look(nn::Module& module, std::size_t place, const std::vector<reference::Place>& places,
          std::vector<Node>& nodes) {
  const ModuleKind kind = places[place].module->kind;
  Node node =
      with_class(kind, [&](auto* type) { return node_of<std::decay_t<decltype(*type)>>(module); });
  node.kind = kind;
  node.end = places[place].end;
  nodes.push_back(node);
  if (kind != ModuleKind::Sequential) return;
  const auto& sequential = *static_cast<SequentialImpl*>(node.self);
  std::size_t below = place + 1;
  for (std::size_t i = 0; i < sequential.size(); ++i) {
    look(*sequential.ptr(i), below, places, nodes);
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

void set_momentum(nn::BatchNormOptions& options, std::optional<double> value) {
  std::decay_t<decltype(options.momentum())> momentum;  // std:: or c10::optional, by version
  if (value) momentum = *value;
  options.momentum(momentum);
}

std::shared_ptr<nn::Module> build(const Scenario& scenario, const Scope& scope, int step,
                                  const Construct& construct, const std::vector<Live>& lives) {
  return Builder(scenario, scope, step, scope[construct.result].places, lives)
      .build(construct.module);
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

std::vector<Node> look_into(nn::Module& root, const std::vector<reference::Place>& places) {
  std::vector<Node> nodes;
  nodes.reserve(places.size());
  look(root, 0, places, nodes);
  return nodes;
}

}  // namespace normdiff::libtorch
