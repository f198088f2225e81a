#pragma once

#include <array>
#include <string_view>

#include "reference/layers/norm.hpp"

namespace normdiff::reference {

/// The options of a batch norm, whatever its dimensions. With momentum None its running statistics
/// are a cumulative average.
struct BatchNormOptions : NormOptions {
  /// A batch norm's graph keeps its weight, and the statistics that it was given (our choice, as in
  /// PyTorch's formulas).
  [[nodiscard]] bool keeps(TensorSlot slot, const SavedCall& call) const {
    const bool statistics = slot == TensorSlot::running_mean || slot == TensorSlot::running_var;
    return slot == TensorSlot::weight ||
           (statistics && (!call.batch_statistics || track_running_stats));
  }
};

/// https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html, and the same of one
/// and three dimensions.
template <int dims>
struct BatchNorm : BatchNormOptions {
  static constexpr std::string_view name =
      std::array<std::string_view, 3>{"BatchNorm1d", "BatchNorm2d", "BatchNorm3d"}[dims - 1];
  [[nodiscard]] static bool takes_rank(int rank) {
    return rank == dims + 2 || (dims == 1 && rank == 2);
  }
};

/// A batch norm normalises with the batch's statistics in training, or where there are no running
/// ones (documented).
[[nodiscard]] bool uses_batch_statistics(bool training, const SlotTensors& tensors);

/// The counter after a forward in training. Our choice: a counter is an integer
/// tensor of 64 bits (documented: torch.long), and as those do it goes on from its largest value at
/// its smallest; a cumulative average takes its factor from that.
[[nodiscard]] std::int64_t counted(std::int64_t counter);

[[nodiscard]] bool forward(LayerCall& call, const BatchNormOptions& options);
void backward(LayerGradient& gradient, const BatchNormOptions& options);

}  // namespace normdiff::reference
