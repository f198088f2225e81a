#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "harness/model/execute.hpp"

namespace normdiff {

/// Counts as a forward in training does, in a batch norm's num_batches_tracked of whatever dtype.
void count_batch(reference::Module& module);

/// A forward takes a factor from a counter somewhere.
[[nodiscard]] bool averages_cumulatively(reference::Module& root);

/// While it lives, the norms below `root` whose tracking was switched off run as
/// torch.instance_norm and the C++ front end run them: by the batch's statistics if training or not
/// track_running_stats, with the statistics always passed. They are used and moved, the counter is
/// not. Python's batch norms are as documented.
class TrackOptionReadAnew {
 public:
  TrackOptionReadAnew(reference::Module& root, bool is_cpp);
  ~TrackOptionReadAnew();
  TrackOptionReadAnew(const TrackOptionReadAnew&) = delete;
  TrackOptionReadAnew& operator=(const TrackOptionReadAnew&) = delete;

  /// A norm below has its tracking switched off.
  [[nodiscard]] bool matters() const { return !switched_off_.empty(); }

 private:
  struct SwitchedOff {
    reference::Module* module;
    bool training;
    std::optional<bool> traced_training;
    std::optional<reference::Tensor> counter;  ///< of whatever dtype: C++ casts it
  };

  reference::Module& root_;
  std::vector<reference::TracedCall> calls_;
  std::vector<SwitchedOff> switched_off_;
};

class PredictionContext;

/// A prediction does what a subject that deviates does: it moves the context's world, and states
/// what outputs will be. What was observed is out of its reach. nullopt: the deviation does not
/// apply here.
///
/// The returned execution's refusals are the outcome that is predicted. A prediction is built from
/// the reference's own operations, before or after `PredictionContext::execute`, which is the step
/// without this one difference.
using Prediction =
    std::function<std::optional<Execution>(PredictionContext& context, const Step& step)>;

/// A prediction has this to go by: a copy of the state that the subject was really in before the
/// step, for it to move, and the reference's operations. It sees nothing of what was observed after
/// the step, and hears nothing of what its expectations come to.
class PredictionContext {
 public:
  /// `others`: the differences that are predicted together with the one that is given the context.
  explicit PredictionContext(const Context& context, std::span<const Prediction* const> others = {})
      : scenario(context.scenario),
        scope(context.scope),
        world(context.world),
        context_(context),
        others_(others) {}

  const Scenario& scenario;
  const Scope& scope;
  World& world;

  /// The step as the documentation has it, but for the other differences.
  [[nodiscard]] Execution execute(const Step& step);
  /// The same, by an implementation that leaves out checks.
  [[nodiscard]] Execution execute_without(reference::Unchecked checks, const Step& step);
  /// The one of the other differences that did not apply; null: all did.
  [[nodiscard]] const Prediction* inapplicable() const { return inapplicable_; }
  /// The subject is the C++ front end, which does not check eps and reads
  /// track_running_stats anew at each forward.
  [[nodiscard]] bool is_cpp() const { return context_.manifest.family == "libtorch"; }
  /// How many dimensions the input of each leaf had that the last forward called.
  [[nodiscard]] const std::vector<int>& ranks() const { return context_.work.forward.ranks(); }
  /// The last of those leaves refused.
  [[nodiscard]] bool was_refused() const { return context_.work.forward.refused_by() != nullptr; }
  /// Says that a tensor will be within a bound of what the world holds.
  void expect_within(Execution& execution, const reference::Tensor& tensor,
                     reference::Bounded bound) {
    stated_.push_back(std::move(bound));
    execution.bounded.push_back({tensor.storage(), &stated_.back()});
  }
  /// One forward of a module as PyTorch orders it, for its effect on the module alone. `continues`:
  /// the bounds of the statistics go on from the forward before.
  [[nodiscard]] Execution run_forward(reference::Module& root, NameId input, bool continues);
  /// A trace that runs its module so many times. The run that makes the script leaves nothing.
  [[nodiscard]] Execution trace(const JitTrace& step, int runs);
  /// A forward up to the first module that `stops` it: what comes before as the subject does it,
  /// other deviations and all; nullopt where none stops it, or something refuses earlier.
  [[nodiscard]] std::optional<Execution> run_up_to(
      const Forward& step, const std::function<bool(const reference::Module&)>& stops);
  /// Where the last forward was refused by a batch norm that had already counted: PyTorch moves
  /// num_batches_tracked after the check of the rank and before every other one.
  void move_counter_of_refuser();
  /// The checks whose leaving out let the last forward go on.
  [[nodiscard]] const reference::Unchecked& left_out() const {
    return context_.work.forward.left_out();
  }
  /// Runs the calls of a graph again, each with what it saved, from the first one's input. False
  /// where one of them refuses.
  [[nodiscard]] bool recompute(reference::Tape& graph);
  /// Gives every place of a tree a module of its own; with `tensors`, copies of its tensors too.
  void split_places(NameId tree, bool tensors);
  /// States what will be seen where the world does not say it.
  void expect(Key key, const Value& value, const Origin& origin) {
    context_.expect.exact(key, value, origin);
  }

 private:
  Context context_;
  std::span<const Prediction* const> others_;  ///< those that are still to be done
  const Prediction* inapplicable_ = nullptr;
  std::deque<reference::Bounded> stated_;
};

}  // namespace normdiff
