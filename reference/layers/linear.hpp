#pragma once

#include <array>
#include <string_view>
#include <tuple>

#include "reference/layers/argument.hpp"
#include "reference/layers/call.hpp"
#include "reference/layers/traits.hpp"

namespace normdiff::reference {

/// https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html
struct Linear {
  std::int64_t in_features = 1;
  std::int64_t out_features = 1;
  bool bias = true;

  static constexpr std::string_view name = "Linear";
  static constexpr LayerTraits traits = {.needs_weight = true, .takes_norms_in = true};
  static constexpr auto arguments =
      std::make_tuple(size_argument("in_features", &Linear::in_features, Given::by_position),
                      size_argument("out_features", &Linear::out_features, Given::by_position),
                      option("bias", &Linear::bias));
  static constexpr auto slots = std::array{TensorSlot::weight, TensorSlot::bias};
  static constexpr std::array<std::string_view, 0> attributes = {};

  [[nodiscard]] static bool takes_rank(int rank) { return rank >= 1; }
  template <class Visit>
  void tensors(Visit&& visit) const {
    visit(TensorSlot::weight, Shape{out_features, in_features}, Fill::drawn);
    if (bias) visit(TensorSlot::bias, Shape{out_features}, Fill::drawn);
  }
  [[nodiscard]] std::optional<Shape> out(const Shape& in) const;
  [[nodiscard]] Products products(const Shape& in, const Shape& out) const;
  /// Its graph keeps the weight where its input requires a gradient (our choice, as in PyTorch's
  /// formulas).
  [[nodiscard]] bool keeps(TensorSlot slot, const SavedCall& call) const {
    return slot == TensorSlot::weight && call.input_requires_grad;
  }
};

[[nodiscard]] bool forward(LayerCall& call, const Linear& layer);
void backward(LayerGradient& gradient, const Linear& layer);

}  // namespace normdiff::reference
