#pragma once

#include "reference/layers/plain.hpp"

namespace normdiff::reference {

/// https://docs.pytorch.org/docs/stable/generated/torch.nn.Flatten.html, from dimension 1 to the
/// last.
struct Flatten : PlainLayer {
  static constexpr std::string_view name = "Flatten";
  static constexpr LayerTraits traits = {.is_view = true};

  [[nodiscard]] static bool takes_rank(int rank) { return rank >= 2; }  // dimension 1 must exist
  [[nodiscard]] std::optional<Shape> out(const Shape& in) const;
};

[[nodiscard]] bool forward(LayerCall& call, const Flatten& layer);
void backward(LayerGradient& gradient, const Flatten& layer);

}  // namespace normdiff::reference
