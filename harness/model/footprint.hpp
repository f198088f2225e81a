#pragma once

#include <optional>
#include <set>
#include <vector>

#include "harness/model/world.hpp"

namespace normdiff {

/// The values that a step may change where the reference has no prediction for it, beside what it
/// made: a forward the statistics of the modules it runs, a backward the gradients of what its
/// graph holds, a step on a module anything of that module. Every other value in the world must be
/// as it was.
class Footprint {
 public:
  /// `world`: before the step, or after one that the reference did not do.
  Footprint(const World& world, const Scenario& scenario, const Scope& scope, const Step& step);

  /// The step may have made `now` of `before` (null: nothing was seen). Statistics and
  /// gradients may have other values, but no other shape.
  [[nodiscard]] bool allows(Key key, const Value* before, const Value& now) const;

 private:
  template <class S>
  void look_at(const S& step, const Scenario& scenario);
  [[nodiscard]] const reference::Tensor* held(Key key, Slot slot) const;
  [[nodiscard]] bool is_below(Key key) const;

  const World& world_;
  const Scope& scope_;
  Moves moves_ = Moves::nothing;
  std::vector<ModuleRef> roots_;
  std::optional<NameId> input_;   ///< of a backward: the tensor that its graph began with
  std::optional<NameId> output_;  ///< of a backward
  std::set<const reference::Module*> modules_;
  std::set<const reference::Storage*> storages_;
};

}  // namespace normdiff
