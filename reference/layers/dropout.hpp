#pragma once

#include "reference/layers/argument.hpp"
#include "reference/layers/plain.hpp"

namespace normdiff::reference {

/// https://docs.pytorch.org/docs/stable/generated/torch.nn.Dropout.html, where it is not random: p
/// is 0 or 1. Documented: in training a share p of the elements is zeroed and the others are
/// divided by 1 - p, in eval the output is the input. Our choice, as every version of both front
/// ends has it: with nothing to drop the output is the input itself, and a graph of p = 1 saves
/// something. What becomes of a NaN or an infinity that is dropped is open: whether it is
/// multiplied by 0 or replaced is not documented.
struct Dropout : PlainLayer {
  explicit constexpr Dropout(double share = 0.5) : p(share) {}

  double p;

  static constexpr std::string_view name = "Dropout";
  static constexpr LayerTraits traits = {.has_mode = true, .mode_opset = 12};
  static constexpr auto arguments = std::make_tuple(option("p", &Dropout::p));

  /// Refuses every other p (our choice: nothing random can be compared).
  [[nodiscard]] std::optional<ArgumentProblem> problem() const;
  [[nodiscard]] bool does_nothing(bool training) const { return !training || p == 0; }
  [[nodiscard]] static bool takes_rank(int) { return true; }
  [[nodiscard]] std::optional<Shape> out(const Shape& in) const { return in; }
};

[[nodiscard]] bool forward(LayerCall& call, const Dropout& layer);
void backward(LayerGradient& gradient, const Dropout& layer);

}  // namespace normdiff::reference
