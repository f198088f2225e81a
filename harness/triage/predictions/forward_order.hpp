#pragma once

#include "harness/check/execute.hpp"

namespace normdiff {

/// Where the last forward was refused by a batch norm that had already counted: PyTorch moves
/// num_batches_tracked after the check of the rank and before every other one.
void move_counter_of_refuser(Context& context);

/// One forward of a module as PyTorch orders it, for its effect on the module alone. `continues`:
/// the bounds of the statistics go on from the forward before.
[[nodiscard]] Execution run_forward(Context& context, reference::Module& root, NameId input,
                                    bool continues);

/// Gives every place of a tree a module of its own; with `tensors`, copies of its tensors too.
void split_places(Live& tree, bool tensors);

}  // namespace normdiff
