#pragma once

#include <array>
#include <string_view>

#include "reference/layers/norm.hpp"

namespace normdiff::reference {

/// The options of an instance norm, whatever its dimensions. Neither affine nor tracking by default
/// (documented). momentum None is 0: nothing moves (our choice, as in PyTorch; the documentation
/// gives None a meaning for batch norms only).
struct InstanceNormOptions : NormOptions {
  InstanceNormOptions() {
    affine = false;
    track_running_stats = false;
  }
  explicit InstanceNormOptions(const NormOptions& options) : NormOptions(options) {}

  /// The input has no batch dimension: (C, sizes...). A trace keeps what it found.
  [[nodiscard]] static bool is_unbatched(int rank, const TracedCall& baked, int dims) {
    return (baked.rank == 0 ? rank : baked.rank) == dims + 1;
  }
  /// Its graph keeps repetitions of its tensors, and they may change (our choice, as in PyTorch's
  /// formulas).
  [[nodiscard]] bool keeps(TensorSlot, const SavedCall&) const { return false; }
};

/// https://docs.pytorch.org/docs/stable/generated/torch.nn.InstanceNorm2d.html, and the same of one
/// and three dimensions: every channel of every sample is normalised by itself.
template <int dims>
struct InstanceNorm : InstanceNormOptions {
  static constexpr std::string_view name = std::array<std::string_view, 3>{
      "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d"}[dims - 1];
  using InstanceNormOptions::InstanceNormOptions;

  /// (C, sizes...) without a batch is documented.
  [[nodiscard]] static bool takes_rank(int rank) { return rank == dims + 1 || rank == dims + 2; }
};

[[nodiscard]] bool forward_instance_norm(LayerCall& call, const InstanceNormOptions& options,
                                         int dims);
void backward_instance_norm(LayerGradient& gradient, const InstanceNormOptions& options, int dims);

template <int dims>
[[nodiscard]] bool forward(LayerCall& call, const InstanceNorm<dims>& layer) {
  return forward_instance_norm(call, layer, dims);
}
template <int dims>
void backward(LayerGradient& gradient, const InstanceNorm<dims>& layer) {
  backward_instance_norm(gradient, layer, dims);
}

}  // namespace normdiff::reference
