#pragma once

#include "reference/layers/plain.hpp"

namespace normdiff::reference {

/// https://docs.pytorch.org/docs/stable/generated/torch.nn.ReLU.html
struct ReLU : PlainLayer {
  static constexpr std::string_view name = "ReLU";
  static constexpr LayerTraits traits = {};

  [[nodiscard]] static bool takes_rank(int) { return true; }
  [[nodiscard]] std::optional<Shape> out(const Shape& in) const { return in; }
};

[[nodiscard]] bool forward(LayerCall& call, const ReLU& layer);
void backward(LayerGradient& gradient, const ReLU& layer);

}  // namespace normdiff::reference
