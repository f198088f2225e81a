#pragma once

#include <tuple>
#include <type_traits>

#include "harness/language/field.hpp"
#include "reference/layers/layer.hpp"

namespace normdiff {

/// Hands one argument of a layer to an Io (field.hpp).
template <class Io, class X, class Owner, class T>
void visit_argument(Io& io, X& layer, const reference::Argument<Owner, T>& argument) {
  const auto allowed = [&argument] {
    if constexpr (std::is_same_v<T, std::int64_t>)
      return IntegerRange{argument.range.least, argument.range.most};
    else
      return Any{};
  }();
  switch (argument.given) {
    case reference::Given::by_position:
      return io.value(argument.name, layer.*argument.member, allowed);
    case reference::Given::by_keyword:
      return io.required(argument.name, layer.*argument.member, allowed);
    case reference::Given::if_not_default: {
      const T standard = std::remove_cv_t<X>{}.*argument.member;
      return io.option(argument.name, layer.*argument.member, standard, allowed);
    }
  }
}

/// Hands the arguments of a layer to an Io, in PyTorch's order.
template <class Io, class L>
void visit_arguments(Io& io, L& layer) {
  std::visit(
      [&io](auto& x) {
        std::apply([&](const auto&... argument) { (visit_argument(io, x, argument), ...); },
                   std::remove_cvref_t<decltype(x)>::arguments);
      },
      layer);
}

}  // namespace normdiff
