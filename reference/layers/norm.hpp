#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string_view>
#include <tuple>

#include "reference/layers/argument.hpp"
#include "reference/layers/call.hpp"
#include "reference/layers/traits.hpp"

namespace normdiff::reference {

/// A norm has this, whatever it takes its statistics over: the options and tensors of torch.nn's
/// _NormBase. The defaults are a batch norm's.
struct NormOptions {
  std::int64_t num_features = 1;
  double eps = 1e-5;
  std::optional<double> momentum = 0.1;  ///< nullopt: None, which each norm reads in its own way
  bool affine = true;
  bool track_running_stats = true;

  static constexpr LayerTraits traits = {
      .has_mode = true, .mode_opset = 14, .rank_check = RankCheck::module};
  static constexpr auto arguments =
      std::make_tuple(size_argument("num_features", &NormOptions::num_features, Given::by_position),
                      option("eps", &NormOptions::eps), option("momentum", &NormOptions::momentum),
                      option("affine", &NormOptions::affine),
                      option("track_running_stats", &NormOptions::track_running_stats));
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
};

/// Gives (1 - momentum) * running + momentum * statistic for each channel, with its bound.
using StatisticFormula = std::function<void(const Tensor& running, Bounded& update)>;

/// Moves running_mean and running_var of a call by their formulas. The bounds of an update that
/// follows another one in the same pass go on from that one's.
void move_statistics(LayerCall& call, double momentum, const StatisticFormula& mean,
                     const StatisticFormula& var);

}  // namespace normdiff::reference
