#pragma once

#include <vector>

#include "harness/model/execute.hpp"

namespace normdiff {

/// The name that a step makes.
[[nodiscard]] std::optional<NameId> result_of(const Step& step);

/// Ends a step: makes the world what was observed, at the slots that `find_touched` found.
/// `diverged`: the step has discrepancies, so that nothing can be derived from what it made.
void close_step(World& world, Observed& observed, const Step& step, const StepRecord& record,
                const std::vector<Key>& touched, bool diverged);

/// Goes over a trace a second time, judging nothing, to give the state before a step: a deviation
/// is predicted from there. Most scenarios need none, and pay nothing.
class StateReplay {
 public:
  explicit StateReplay(const Manifest& manifest) : manifest_(manifest) {}

  void begin(const Scenario& scenario, const Scope& scope, const Trace& trace);
  /// How step `done()`, `done() + 1`, ... ended, as each is judged.
  void note(bool diverged) { diverged_.push_back(diverged); }
  /// The world before `step`, all steps before which were noted; never one before the last asked.
  [[nodiscard]] const World& before(int step);

 private:
  void go(int step);

  const Manifest& manifest_;
  NobodyListens nobody_;
  const Scenario* scenario_ = nullptr;
  const Scope* scope_ = nullptr;
  const Trace* trace_ = nullptr;
  std::vector<bool> diverged_;  ///< by step
  int next_ = 0;                ///< the step that `world_` is the state before
  bool fresh_ = true;           ///< nothing was asked for in this scenario
  World world_;
  Observed observed_;
  Workspace work_;
  std::vector<Key> touched_;
};

}  // namespace normdiff
