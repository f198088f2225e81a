#pragma once

#include <array>
#include <string_view>
#include <tuple>

#include "reference/layers/call.hpp"
#include "reference/layers/traits.hpp"

namespace normdiff::reference {

/// https://docs.pytorch.org/docs/stable/generated/torch.nn.ReLU.html
struct ReLU {
  static constexpr std::string_view name = "ReLU";
  static constexpr LayerTraits traits = {};
  static constexpr auto arguments = std::make_tuple();
  static constexpr std::array<TensorSlot, 0> slots = {};
  static constexpr std::array<std::string_view, 0> attributes = {};

  [[nodiscard]] static bool takes_rank(int) { return true; }
  template <class Visit>
  void tensors(Visit&&) const {}
  [[nodiscard]] std::optional<Shape> out(const Shape& in) const { return in; }
  [[nodiscard]] Products products(const Shape&, const Shape&) const { return {}; }
  [[nodiscard]] bool keeps(TensorSlot, const SavedCall&) const { return false; }
};

[[nodiscard]] bool forward(LayerCall& call, const ReLU& layer);
void backward(LayerGradient& gradient, const ReLU& layer);

}  // namespace normdiff::reference
