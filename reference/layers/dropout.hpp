#pragma once

#include <array>
#include <string_view>
#include <tuple>

#include "reference/layers/argument.hpp"
#include "reference/layers/call.hpp"
#include "reference/layers/traits.hpp"

namespace normdiff::reference {

/// https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout.html, where it is not random: p
/// is 0 or 1. Documented: in training a share p of the elements is zeroed and the others are
/// divided by 1 - p, in eval the output is the input. Our choice, as every version of both front
/// ends has it: with nothing to drop the output is the input itself, and a graph of p = 1 saves
/// something. What becomes of a NaN or an infinity that is dropped is open: whether it is
/// multiplied by 0 or replaced is not documented.
struct Dropout {
  double p = 0.5;

  static constexpr std::string_view name = "Dropout";
  static constexpr LayerTraits traits = {.has_mode = true, .mode_opset = 12};
  static constexpr auto arguments = std::make_tuple(option("p", &Dropout::p));
  static constexpr std::array<TensorSlot, 0> slots = {};
  static constexpr std::array<std::string_view, 0> attributes = {};

  /// Refuses every other p (our choice: nothing random can be compared).
  [[nodiscard]] std::optional<ArgumentProblem> problem() const;
  [[nodiscard]] bool does_nothing(bool training) const { return !training || p == 0; }
  [[nodiscard]] static bool takes_rank(int) { return true; }
  template <class Visit>
  void tensors(Visit&&) const {}
  [[nodiscard]] std::optional<Shape> out(const Shape& in) const { return in; }
  [[nodiscard]] Products products(const Shape&, const Shape&) const { return {}; }
  [[nodiscard]] bool keeps(TensorSlot, const SavedCall&) const { return false; }
};

[[nodiscard]] bool forward(LayerCall& call, const Dropout& layer);
void backward(LayerGradient& gradient, const Dropout& layer);

}  // namespace normdiff::reference
