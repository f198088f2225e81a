#pragma once

#include <array>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "reference/enums.hpp"
#include "reference/layers/batch_norm.hpp"
#include "reference/layers/conv.hpp"
#include "reference/layers/dropout.hpp"
#include "reference/layers/flatten.hpp"
#include "reference/layers/identity.hpp"
#include "reference/layers/instance_norm.hpp"
#include "reference/layers/linear.hpp"
#include "reference/layers/relu.hpp"
#include "reference/layers/sequential.hpp"

namespace normdiff::reference {

/// Every kind of module there is, with its options: the one list. Append; the order shows in
/// traces.
using Layer = std::variant<Sequential, BatchNorm<1>, BatchNorm<2>, BatchNorm<3>, Conv<2>, Linear,
                           ReLU, Flatten, InstanceNorm<1>, InstanceNorm<2>, InstanceNorm<3>,
                           Identity, Conv<1>, Conv<3>, Dropout>;

namespace detail {

struct IgnoreTensor {
  void operator()(TensorSlot, const Shape&, Fill) const {}
};

/// One sentence for each thing that a layer can lack. Beyond these a layer has
/// `std::optional<ArgumentProblem> problem() const` where the ranges of its arguments do not say
/// all that torch.nn asks of them, and `bool does_nothing(bool training) const` where it may give
/// its input itself, whatever that is.
template <class X>
consteval bool is_complete() {
  static_assert(
      requires {
        { X::name } -> std::convertible_to<std::string_view>;
      }, "a layer has a `name`, spelled as in torch.nn");
  static_assert(
      requires {
        { X::traits } -> std::convertible_to<LayerTraits>;
      }, "a layer has `traits`: see reference/layers/traits.hpp");
  static_assert(
      requires { std::tuple_size<std::remove_cvref_t<decltype(X::arguments)>>::value; },
      "a layer has `arguments`, a tuple of Argument (reference/layers/argument.hpp), empty or not");
  static_assert(
      requires { X::slots.size(); },
      "a layer has `slots`, an array of the TensorSlots that one with other options may hold");
  static_assert(
      requires { X::attributes.size(); },
      "a layer has `attributes`, an array of the names of those that are seen and can be set");
  static_assert(
      requires(const X& x) { x.tensors(IgnoreTensor{}); },
      "a layer has `tensors(visit)`, which calls visit(slot, shape, fill) for what a fresh one "
      "holds");
  if constexpr (!X::traits.is_container) {
    static_assert(
        requires {
          { X::takes_rank(4) } -> std::same_as<bool>;
        }, "a layer has a static `takes_rank(rank)`: the numbers of dimensions of its inputs");
    static_assert(
        requires(const X& x, const Shape& s) {
          { x.out(s) } -> std::same_as<std::optional<Shape>>;
        }, "a layer has `out(shape)`: the shape of its output, or nullopt where sizes do not fit");
    static_assert(
        requires(const X& x, const Shape& s) {
          { x.products(s, s) } -> std::same_as<Products>;
        }, "a layer has `products(in, out)`: its multiplications, for the limit on work");
    static_assert(
        requires(const X& x, const SavedCall& call) {
          { x.keeps(TensorSlot::weight, call) } -> std::same_as<bool>;
        }, "a layer has `keeps(slot, call)`: whether its graph breaks if that tensor is changed");
    static_assert(
        requires(LayerCall& call, const X& x) {
          { forward(call, x) } -> std::same_as<bool>;
        }, "a layer has `bool forward(LayerCall&, const X&)`: checks, output, bounds");
    static_assert(
        requires(LayerGradient& gradient, const X& x) { backward(gradient, x); },
        "a layer has `void backward(LayerGradient&, const X&)`");
  }
  return true;
}
template <class... Xs>
consteval bool are_complete(const std::variant<Xs...>*) {
  return (is_complete<Xs>() && ...);
}
static_assert(are_complete(static_cast<const Layer*>(nullptr)));

template <class X, class... Xs>
consteval std::size_t position_in(const std::variant<Xs...>*) {
  std::size_t position = 0;
  bool found = false;
  ((found = found || std::same_as<X, Xs>, position += found ? 0 : 1), ...);
  return position;
}

}  // namespace detail

/// A kind of module by its position in Layer: what remains of a layer without its options.
enum class ModuleKind : std::uint8_t {};
/// It has no enumerators to count: the list of layers says how many there are.
template <>
inline constexpr std::size_t count_of<ModuleKind> = std::variant_size_v<Layer>;

template <class X>
inline constexpr ModuleKind kind_of =
    ModuleKind{detail::position_in<X>(static_cast<const Layer*>(nullptr))};
[[nodiscard]] inline ModuleKind kind_in(const Layer& layer) {
  return static_cast<ModuleKind>(layer.index());
}

namespace detail {
template <class... Xs>
consteval Names<ModuleKind> layer_names(const std::variant<Xs...>*) {
  return {Xs::name...};
}
}  // namespace detail
/// "BatchNorm2d", as torch.nn spells it.
template <>
inline constexpr Names<ModuleKind> names_of<ModuleKind> =
    detail::layer_names(static_cast<const Layer*>(nullptr));

/// One with the default options.
[[nodiscard]] Layer make_layer(ModuleKind kind);

[[nodiscard]] const LayerTraits& traits_of(const Layer& layer);
[[nodiscard]] inline bool is_container(const Layer& layer) {
  return traits_of(layer).is_container;
}

/// The layer gives its input itself, whatever that is: an exporter may write nothing for it.
[[nodiscard]] bool does_nothing(const Layer& layer, bool training);

/// The options of a norm of any kind and dimensions; null: it is none.
[[nodiscard]] const NormOptions* norm_in(const Layer& layer);
[[nodiscard]] NormOptions* norm_in(Layer& layer);
[[nodiscard]] inline bool is_norm(const Layer& layer) {
  return norm_in(layer) != nullptr;
}
/// The same of a batch norm only.
[[nodiscard]] const BatchNormOptions* batch_norm_in(const Layer& layer);
[[nodiscard]] inline bool is_batch_norm(const Layer& layer) {
  return batch_norm_in(layer) != nullptr;
}

/// Calls f with a leaf as its own type. A container, which nobody runs itself, gives an R{}.
template <class R, class F>
R visit_leaf(const Layer& layer, F&& f) {
  return std::visit(
      [&f](const auto& x) -> R {
        if constexpr (std::remove_cvref_t<decltype(x)>::traits.is_container)
          return R{};
        else
          return f(x);
      },
      layer);
}

/// Why its arguments can't be as they are, each of them being in its range.
[[nodiscard]] std::optional<ArgumentProblem> argument_problem(const Layer& layer);

/// A tensor that a layer holds when it is fresh.
struct FreshTensor {
  TensorSlot slot;
  Shape shape;
  Fill fill;
};
/// Calls visit(FreshTensor) for each, in the order of slots.
template <class Visit>
void visit_tensors(const Layer& layer, Visit&& visit) {
  std::visit(
      [&](const auto& x) {
        x.tensors([&](TensorSlot slot, const Shape& shape, Fill fill) {
          visit(FreshTensor{slot, shape, fill});
        });
      },
      layer);
}
/// nullopt: a fresh one does not hold it.
[[nodiscard]] std::optional<FreshTensor> fresh_tensor(const Layer& layer, TensorSlot slot);

}  // namespace normdiff::reference
