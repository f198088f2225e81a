#include "reference/layers/layer.hpp"

#include <array>
#include <concepts>
#include <type_traits>

namespace normdiff::reference {
namespace {

template <class... Xs>
Layer make(std::size_t kind, const std::variant<Xs...>*) {
  static constexpr std::array<Layer (*)(), sizeof...(Xs)> makers = {+[] { return Layer(Xs{}); }...};
  return makers[kind]();
}

/// A layer as the options that it derives from; null: it does not.
template <class Options, class L>
Options* find_options(L& layer) {
  return std::visit(
      [](auto& x) -> Options* {
        using X = std::remove_cvref_t<decltype(x)>;
        if constexpr (std::derived_from<X, std::remove_const_t<Options>>)
          return &x;
        else
          return nullptr;
      },
      layer);
}

}  // namespace

Layer make_layer(ModuleKind kind) {
  return make(static_cast<std::size_t>(kind), static_cast<const Layer*>(nullptr));
}

const LayerTraits& traits_of(const Layer& layer) {
  return std::visit(
      [](const auto& x) -> const LayerTraits& { return std::remove_cvref_t<decltype(x)>::traits; },
      layer);
}

bool does_nothing(const Layer& layer, bool training) {
  return std::visit(
      [training](const auto& x) {
        if constexpr (requires { x.does_nothing(training); })
          return x.does_nothing(training);
        else
          return false;
      },
      layer);
}

const NormOptions* norm_in(const Layer& layer) {
  return find_options<const NormOptions>(layer);
}
NormOptions* norm_in(Layer& layer) {
  return find_options<NormOptions>(layer);
}
const BatchNormOptions* batch_norm_in(const Layer& layer) {
  return find_options<const BatchNormOptions>(layer);
}

std::optional<ArgumentProblem> argument_problem(const Layer& layer) {
  return std::visit(
      [](const auto& x) -> std::optional<ArgumentProblem> {
        if constexpr (requires { x.problem(); })
          return x.problem();
        else
          return std::nullopt;
      },
      layer);
}

std::optional<FreshTensor> fresh_tensor(const Layer& layer, TensorSlot slot) {
  std::optional<FreshTensor> found;
  visit_tensors(layer, [&](const FreshTensor& tensor) {
    if (tensor.slot == slot) found = tensor;
  });
  return found;
}

}  // namespace normdiff::reference
