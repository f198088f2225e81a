#pragma once

#include <cstdint>

#include "reference/ops/batch_norm_channel.hpp"

/// Private to batch_norm*.cpp: the loops over float32 data without errors, where the time goes.
/// Lanes are explicit and products are never fused, so the bits are the same on every machine.
namespace normdiff::reference::detail {

/// One channel of a dense (outer, channels, inner) tensor: `outer` runs of `inner` elements.
struct Runs {
  std::int64_t outer = 0;
  std::int64_t inner = 0;
  std::int64_t stride = 0;  ///< elements from the start of one run to the next
};

/// sum x and sum |x|, in double.
void sum_channel(const float* x, const Runs& runs, double& sum, double& magnitude);
/// sum (x - mean)^2, in double.
void square_channel(const float* x, const Runs& runs, double mean, double& squares);
/// G, G1, D and Gd, in double.
void sum_gradients(const float* x, const float* upstream, const Runs& runs, double mean,
                   BackwardSums<double>& sums);

/// A comparing loop works with this. It passes over elements within `threshold` * bound, and hands
/// the others to `look`, which counts them and moves the threshold.
struct Watch {
  double threshold = 0;  ///< the largest ratio so far, at most 1
  std::int64_t passed = 0;
  std::int64_t loose = 0;  ///< of those passed: the bound reaches the trivial answer
  void (*look)(Watch&, std::int64_t offset) = nullptr;  ///< offset from the channel's start
};

/// Output of a proven channel; x and observed point to its first run.
void watch_output(const Channel<double>& c, const float* x, const float* observed, const Runs& runs,
                  Watch& watch);
/// Input gradient of a channel whose input_standing is proven.
void watch_gradient(const Channel<double>& c, const GradientChannel<double>& g,
                    bool batch_statistics, const float* x, const float* upstream,
                    const float* observed, const Runs& runs, Watch& watch);

}  // namespace normdiff::reference::detail
