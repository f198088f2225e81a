#pragma once

#include <array>
#include <string_view>
#include <tuple>

#include "reference/layers/call.hpp"
#include "reference/layers/traits.hpp"

namespace normdiff::reference {

/// https://docs.pytorch.org/docs/stable/generated/torch.nn.Flatten.html, from dimension 1 to the
/// last.
struct Flatten {
  static constexpr std::string_view name = "Flatten";
  static constexpr LayerTraits traits = {.is_view = true};
  static constexpr auto arguments = std::make_tuple();
  static constexpr std::array<TensorSlot, 0> slots = {};
  static constexpr std::array<std::string_view, 0> attributes = {};

  [[nodiscard]] static bool takes_rank(int rank) { return rank >= 2; }  // dimension 1 must exist
  template <class Visit>
  void tensors(Visit&&) const {}
  [[nodiscard]] std::optional<Shape> out(const Shape& in) const;
  [[nodiscard]] Products products(const Shape&, const Shape&) const { return {}; }
  [[nodiscard]] bool keeps(TensorSlot, const SavedCall&) const { return false; }
};

[[nodiscard]] bool forward(LayerCall& call, const Flatten& layer);
void backward(LayerGradient& gradient, const Flatten& layer);

}  // namespace normdiff::reference
