#pragma once

#include "reference/layers/plain.hpp"

namespace normdiff::reference {

/// The output is the input itself, a leaf of the graph or not, in every mode. torch.nn calls it an
/// identity operator: https://docs.pytorch.org/docs/stable/generated/torch.nn.Identity.html. That
/// it is the same tensor is our choice, as every version of both front ends has it. torch.nn takes
/// any arguments and ignores them; a scenario writes none.
struct Identity : PlainLayer {
  static constexpr std::string_view name = "Identity";
  static constexpr LayerTraits traits = {.is_view = true};

  [[nodiscard]] static bool takes_rank(int) { return true; }
  [[nodiscard]] static bool does_nothing(bool) { return true; }
  [[nodiscard]] std::optional<Shape> out(const Shape& in) const { return in; }
};

[[nodiscard]] bool forward(LayerCall& call, const Identity& layer);
void backward(LayerGradient& gradient, const Identity& layer);

}  // namespace normdiff::reference
