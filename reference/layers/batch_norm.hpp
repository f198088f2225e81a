#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <tuple>

#include "reference/layers/argument.hpp"
#include "reference/layers/call.hpp"
#include "reference/layers/traits.hpp"

namespace normdiff::reference {

/// The options of a batch norm, whatever its dimensions.
struct BatchNormOptions {
  std::int64_t num_features = 1;
  double eps = 1e-5;
  std::optional<double> momentum = 0.1;  ///< nullopt: None, a cumulative average
  bool affine = true;
  bool track_running_stats = true;

  static constexpr LayerTraits traits = {
      .has_mode = true, .mode_opset = 14, .rank_check = RankCheck::module};
  static constexpr auto arguments = std::make_tuple(
      size_argument("num_features", &BatchNormOptions::num_features, Given::by_position),
      option("eps", &BatchNormOptions::eps), option("momentum", &BatchNormOptions::momentum),
      option("affine", &BatchNormOptions::affine),
      option("track_running_stats", &BatchNormOptions::track_running_stats));
  static constexpr auto slots =
      std::array{TensorSlot::weight, TensorSlot::bias, TensorSlot::running_mean,
                 TensorSlot::running_var, TensorSlot::num_batches_tracked};

  static constexpr std::array<std::string_view, 3> attributes = {"momentum", "eps",
                                                                 "track_running_stats"};

  /// running_mean 0, running_var 1, counter 0, weight 1, bias 0 (documented).
  template <class Visit>
  void tensors(Visit&& visit) const {
    const Shape channels{num_features};
    if (affine) {
      visit(TensorSlot::weight, channels, Fill::ones);
      visit(TensorSlot::bias, channels, Fill::zeros);
    }
    if (track_running_stats) {
      visit(TensorSlot::running_mean, channels, Fill::zeros);
      visit(TensorSlot::running_var, channels, Fill::ones);
      visit(TensorSlot::num_batches_tracked, Shape{}, Fill::zeros);
    }
  }
  [[nodiscard]] std::optional<Shape> out(const Shape& in) const { return in; }
  [[nodiscard]] Products products(const Shape&, const Shape&) const { return {}; }
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

/// Whether it normalises with the batch's statistics: in training, or where there are no running
/// ones (documented).
[[nodiscard]] bool uses_batch_statistics(bool training, const SlotTensors& tensors);

/// What a forward in training makes of num_batches_tracked. Our choice: a counter is an integer
/// tensor of 64 bits (documented: torch.long), and as those do it goes on from its largest value at
/// its smallest; a cumulative average takes its factor from that.
[[nodiscard]] std::int64_t counted(std::int64_t counter);

[[nodiscard]] bool forward(LayerCall& call, const BatchNormOptions& options);
void backward(LayerGradient& gradient, const BatchNormOptions& options);

}  // namespace normdiff::reference
