#include "reference/layers/norm.hpp"

#include <cmath>
#include <limits>

namespace normdiff::reference {
namespace {

/// Adds to an update what was not known of the value before it, where that is an update too.
void carry(Bounded& update, std::size_t i, double exact_before, double bound_before, double running,
           double momentum) {
  const double before = bound_before + std::abs(exact_before - running);
  // Of what is not finite, the next update makes nothing finite, unless it leaves it out. More is
  // not followed.
  if (std::isnan(exact_before) && !(bound_before < 0) && momentum != 1) {
    update.value[i] = std::numeric_limits<double>::quiet_NaN();
    update.bound[i] = std::numeric_limits<double>::infinity();
  } else if (!std::isfinite(before) || bound_before < 0) {
    update.bound[i] = -1;
  } else if (!(update.bound[i] < 0)) {
    update.bound[i] += std::abs(1 - momentum) * before;
  }
}

void move_statistic(LayerCall& call, TensorSlot slot, double momentum,
                    const StatisticFormula& formula) {
  Tensor& running = *call.tensors[slot];
  Bounded& update = call.updates.of(running);
  const std::vector<double> exact_before = update.value;  // of an update in this same pass
  const std::vector<double> bound_before = update.bound;
  formula(running, update);
  for (std::size_t i = 0; i < update.value.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    if (i < bound_before.size())
      carry(update, i, exact_before[i], bound_before[i], running.at(at), momentum);
    running.set(at, update.value[i]);
  }
}

}  // namespace

void move_statistics(LayerCall& call, double momentum, const StatisticFormula& mean,
                     const StatisticFormula& var) {
  move_statistic(call, TensorSlot::running_mean, momentum, mean);
  move_statistic(call, TensorSlot::running_var, momentum, var);
}

}  // namespace normdiff::reference
