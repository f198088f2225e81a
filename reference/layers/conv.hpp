#pragma once

#include <array>
#include <string_view>
#include <tuple>

#include "reference/layers/argument.hpp"
#include "reference/layers/call.hpp"
#include "reference/layers/traits.hpp"
#include "reference/ops/conv.hpp"

namespace normdiff::reference {

/// The options of a convolution, whatever its dimensions; kernel, stride and padding are alike in
/// each of them.
struct ConvOptions {
  std::int64_t in_channels = 1;
  std::int64_t out_channels = 1;
  std::int64_t kernel_size = 1;
  std::int64_t stride = 1;
  std::int64_t padding = 0;
  bool bias = true;
  std::int64_t groups = 1;

  static constexpr LayerTraits traits = {
      .needs_weight = true, .takes_norms_in = true, .rank_check = RankCheck::operation_by_batch};
  static constexpr auto arguments = std::make_tuple(
      size_argument("in_channels", &ConvOptions::in_channels, Given::by_position),
      size_argument("out_channels", &ConvOptions::out_channels, Given::by_position),
      size_argument("kernel_size", &ConvOptions::kernel_size, Given::by_keyword,
                    positive_layer_size),
      size_argument("stride", &ConvOptions::stride, Given::if_not_default, positive_layer_size),
      size_argument("padding", &ConvOptions::padding, Given::if_not_default),
      size_argument("groups", &ConvOptions::groups, Given::if_not_default, positive_layer_size),
      option("bias", &ConvOptions::bias));
  static constexpr auto slots = std::array{TensorSlot::weight, TensorSlot::bias};
  static constexpr std::array<std::string_view, 0> attributes = {};

  [[nodiscard]] Windows windows() const { return {stride, padding, groups}; }
  /// Documented: groups divides both numbers of channels.
  [[nodiscard]] std::optional<ArgumentProblem> problem() const;
  [[nodiscard]] Shape weight_shape(int dims) const;
  [[nodiscard]] std::optional<Shape> out(const Shape& in, int dims) const;
  [[nodiscard]] Products products(const Shape& in, const Shape& out, int dims) const;
  /// Its graph keeps the weight (our choice, as in PyTorch's formulas).
  [[nodiscard]] bool keeps(TensorSlot slot, const SavedCall&) const {
    return slot == TensorSlot::weight;
  }
};

/// https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html, and the same of one and
/// three dimensions.
template <int dims>
struct Conv : ConvOptions {
  static constexpr std::string_view name =
      std::array<std::string_view, 3>{"Conv1d", "Conv2d", "Conv3d"}[dims - 1];
  /// (C, sizes...) without a batch is documented.
  [[nodiscard]] static bool takes_rank(int rank) { return rank == dims + 1 || rank == dims + 2; }
  template <class Visit>
  void tensors(Visit&& visit) const {
    visit(TensorSlot::weight, weight_shape(dims), Fill::drawn);
    if (bias) visit(TensorSlot::bias, Shape{out_channels}, Fill::drawn);
  }
  [[nodiscard]] std::optional<Shape> out(const Shape& in) const {
    return ConvOptions::out(in, dims);
  }
  [[nodiscard]] Products products(const Shape& in, const Shape& out) const {
    return ConvOptions::products(in, out, dims);
  }
};

[[nodiscard]] bool forward_conv(LayerCall& call, const ConvOptions& options, int dims);
void backward_conv(LayerGradient& gradient, const ConvOptions& options, int dims);

template <int dims>
[[nodiscard]] bool forward(LayerCall& call, const Conv<dims>& layer) {
  return forward_conv(call, layer, dims);
}
template <int dims>
void backward(LayerGradient& gradient, const Conv<dims>& layer) {
  backward_conv(gradient, layer, dims);
}

}  // namespace normdiff::reference
