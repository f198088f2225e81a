#pragma once

#include <vector>

#include "harness/trace/trace.hpp"
#include "reference/tensor/tensor.hpp"

namespace normdiff {

/// The observations up to the step under way, by key.
class Observed {
 public:
  struct State {
    const Value* now = nullptr;       ///< after the step under way
    const Value* previous = nullptr;  ///< before the last change
    int changed = -1;                 ///< the step that changed it last
    int judged = -1;                  ///< the step it was judged in last
    /// Storage::version of what the reference held when it was last made what was observed; 0:
    /// none.
    std::uint64_t version = 0;
  };

  void reset(std::size_t names) {
    if (states_.size() < names) states_.resize(names);
    for (auto& states : states_) states.clear();
  }

  /// Takes in the observations of a step.
  void advance(const Trace& trace, std::size_t step) {
    step_ = static_cast<int>(step);
    for (std::uint32_t i = trace.steps[step].first; i < trace.steps[step].last; ++i) {
      State& state = at(trace.observations[i].key);
      if (state.changed != step_) state.previous = state.now;
      state.now = &trace.observations[i].value;
      state.changed = step_;
    }
  }

  /// To a step that nothing was observed in.
  void skip_to(int step) { step_ = step; }

  [[nodiscard]] State& at(Key key) {
    auto& states = states_[key.name];
    const std::size_t i =
        std::size_t{key.place} * count_of<Slot> + static_cast<std::size_t>(key.slot);
    if (i >= states.size()) states.resize((std::size_t{key.place} + 1) * count_of<Slot>);
    return states[i];
  }
  /// The states of a place, by slot. They stay until `at` or this is asked for a later place.
  [[nodiscard]] State* place(NameId name, std::uint16_t place) {
    return &at({name, place, static_cast<Slot>(0)});
  }
  [[nodiscard]] const Value* now(Key key) { return at(key).now; }
  [[nodiscard]] const Value* before(Key key) {
    const State& state = at(key);
    return state.changed == step_ ? state.previous : state.now;
  }
  [[nodiscard]] bool changed(Key key) { return at(key).changed == step_; }
  [[nodiscard]] int step() const { return step_; }

 private:
  std::vector<std::vector<State>> states_;
  int step_ = -1;
};

}  // namespace normdiff
