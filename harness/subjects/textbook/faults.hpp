#pragma once

#include <cstdint>

#include "harness/text/enums.hpp"

namespace normdiff {

/// The faults that the textbook can be asked for are the mistakes that implementations of batch
/// norm are known for. A campaign that can't find them says nothing when it finds nothing.
enum class Fault : std::uint8_t {
  none,
  biased_running_var,                     ///< the running variance takes the biased variance
  momentum_swapped,                       ///< running = momentum * running + (1 - momentum) * batch
  eps_outside_root,                       ///< 1 / (sqrt(var) + eps)
  running_statistics_in_training,         ///< normalises with the running statistics in training
  batch_statistics_in_eval,               ///< normalises with the batch's in eval
  counter_missed,                         ///< num_batches_tracked stays where it is
  cumulative_average_off_by_one,          ///< momentum None: 1 / (count + 1)
  weight_gradient_without_normalisation,  ///< sum of dy * (x - mean), not divided by the deviation
  input_gradient_without_mean_term,       ///< dx lacks the term of the mean's gradient
  flag_lost_in_copy,                      ///< a deepcopy is in training, whatever its original is
  shared_child_unshared,                  ///< a deepcopy makes two modules of a shared child
  statistics_moved_under_eval,            ///< eval moves statistics and counter too
  stale_graph,          ///< a backward takes weight and mode as they are now, not as in its forward
  script_loses_a_flag,  ///< a script module is in training, whatever its original is
  trace_check_moves_state,        ///< the run that checks a trace moves the statistics again
  root_flag_restored_everywhere,  ///< after an export every submodule has the root's flag
  exported_in_the_wrong_mode,     ///< each norm is exported in the mode that it happens to be in
  folded_with_batch_statistics,   ///< a folded norm has the statistics of the example input
  momentum_complement_forgotten,  ///< a graph's momentum is PyTorch's, not 1 - PyTorch's
  frozen_gets_gradients,          ///< a backward adds them to parameters that require none, too
  result_detached,                ///< a forward on a result begins a graph of its own
  replaced_by_a_copy,             ///< a copy of the replacement stands in its place
  output_off_by_1e_5,             ///< in float32 an output is larger than it should be, by 1e-5
  statistic_off_by_1e_5,          ///< so is the running variance
  gradient_off_by_1e_5,           ///< so is the gradient of an input
  norm_lost_in_export,            ///< a norm that an export folds away is gone from the values, too
};

/// As they are asked for: "textbook:biased-running-var".
template <>
inline constexpr Names<Fault> reference::names_of<Fault> = {
    "",
    "biased-running-var",
    "momentum-swapped",
    "eps-outside-root",
    "running-statistics-in-training",
    "batch-statistics-in-eval",
    "counter-missed",
    "cumulative-average-off-by-one",
    "weight-gradient-without-normalisation",
    "input-gradient-without-mean-term",
    "flag-lost-in-copy",
    "shared-child-unshared",
    "statistics-moved-under-eval",
    "stale-graph",
    "script-loses-a-flag",
    "trace-check-moves-state",
    "root-flag-restored-everywhere",
    "exported-in-the-wrong-mode",
    "folded-with-batch-statistics",
    "momentum-complement-forgotten",
    "frozen-gets-gradients",
    "result-detached",
    "replaced-by-a-copy",
    "output-off-by-1e-5",
    "statistic-off-by-1e-5",
    "gradient-off-by-1e-5",
    "norm-lost-in-export",
};

}  // namespace normdiff
