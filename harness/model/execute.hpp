#pragma once

#include <deque>
#include <vector>

#include "harness/model/expectations.hpp"
#include "harness/model/observed.hpp"
#include "harness/model/world.hpp"
#include "harness/subject/subject.hpp"
#include "reference/modules/backward.hpp"
#include "reference/modules/forward.hpp"

namespace normdiff {

/// Buffers of the reference, kept from step to step.
struct Workspace {
  reference::ForwardPass forward;
  reference::BackwardPass backward;
  std::deque<reference::Bounded> sums;  ///< gradients after a backward, `summed` of them in use
  std::size_t summed = 0;
  std::vector<std::byte> gradient;
};

/// One step, as the reference sees it.
struct Context {
  const Scenario& scenario;
  const Scope& scope;
  const Manifest& manifest;
  int step;
  bool subject_accepted;  ///< the subject did not refuse: formulas are followed past soft refusals
  World& world;
  Expectations& expect;
  Observed& observed;  ///< what a leaf's input really was; never used to state an expectation
  Workspace& work;
  reference::Unchecked unchecked = {};  ///< of forwards: only a prediction leaves out a check
  reference::Tier tier = reference::Tier::proven;

  /// The arithmetic that the subject's modules are bounded by.
  [[nodiscard]] const reference::Arithmetic& arithmetic() const {
    return reference::arithmetic_of(manifest.kernels, tier);
  }
};

/// The new value of a storage, where it is known to within a bound.
struct KnownWithin {
  const reference::Storage* storage;
  /// In the workspace: gone with its next forward or backward, so that of several executions only
  /// the last may be judged.
  const reference::Bounded* expected;
};

/// The reference's account of a step.
struct Execution {
  std::vector<reference::Refusal> refusals;  ///< empty: done
  Origin origin;                             ///< of the outcome
  std::vector<KnownWithin> bounded;          ///< statistics and gradients
  /// Set: the reference can't say what this step does, and why.
  const char* underived = nullptr;
};

/// Moves the world as the documentation says the step does, and states what it expects of outputs
/// and artefacts. What the step does to modules and tensors is left in the world, for
/// `expect_state`.
[[nodiscard]] Execution execute(Context& context, const Step& step);

/// A forward step by `root` in place of the module that it names.
[[nodiscard]] Execution run_module(Context& context, const Forward& step, reference::Module& root);

/// The statistics that a forward moved.
[[nodiscard]] std::vector<KnownWithin> known_within(const reference::ForwardPass& pass);

/// Finds, in order, the slots of the world's modules and tensors that the step under way touched:
/// what was observed anew, and what the reference holds otherwise than it was last observed.
void find_touched(World& world, Observed& observed, std::vector<Key>& touched);

/// States what the world has at each touched slot.
void expect_state(Context& context, const Execution& execution, const std::vector<Key>& touched);

/// Makes the touched slots of the world what was observed; the others are that already.
void adopt_observed_state(World& world, Observed& observed, const std::vector<Key>& touched);

/// Where an expectation about a module comes from.
[[nodiscard]] inline Origin origin_of(const reference::Module& module) {
  return {module.kind(), "", std::nullopt};
}

/// Every graph that saved a tensor of this subtree can no longer be derived.
void make_stale(World& world, reference::Module& root);
/// Notes that a step writes to a tensor in place.
void mark_modified(World& world, const reference::Tensor& tensor);

}  // namespace normdiff
