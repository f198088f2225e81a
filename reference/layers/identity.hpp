#pragma once

#include <array>
#include <string_view>
#include <tuple>

#include "reference/layers/call.hpp"
#include "reference/layers/traits.hpp"

namespace normdiff::reference {

/// The output is the input itself, a leaf of the graph or not, in every mode. Documented as a
/// placeholder: https://docs.pytorch.org/docs/stable/generated/torch.nn.Identity.html. That it is
/// the same tensor is our choice, as every version of both front ends has it. torch.nn takes any
/// arguments and ignores them; a scenario writes none.
struct Identity {
  static constexpr std::string_view name = "Identity";
  static constexpr LayerTraits traits = {.is_view = true};
  static constexpr auto arguments = std::make_tuple();
  static constexpr std::array<TensorSlot, 0> slots = {};
  static constexpr std::array<std::string_view, 0> attributes = {};

  [[nodiscard]] static bool takes_rank(int) { return true; }
  [[nodiscard]] static bool does_nothing(bool) { return true; }
  template <class Visit>
  void tensors(Visit&&) const {}
  [[nodiscard]] std::optional<Shape> out(const Shape& in) const { return in; }
  [[nodiscard]] Products products(const Shape&, const Shape&) const { return {}; }
  [[nodiscard]] bool keeps(TensorSlot, const SavedCall&) const { return false; }
};

[[nodiscard]] bool forward(LayerCall& call, const Identity& layer);
void backward(LayerGradient& gradient, const Identity& layer);

}  // namespace normdiff::reference
