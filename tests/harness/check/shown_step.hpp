#pragma once

#include <utility>
#include <vector>

#include "harness/model/observed.hpp"

namespace normdiff::testing {

/// A trace of one step that shows these observations, of names 0 and 1.
struct ShownStep {
  Trace trace;
  Observed observed;

  explicit ShownStep(std::vector<Observation> shown, Outcome outcome = Outcome::ok) {
    trace.observations = std::move(shown);
    StepRecord record;
    record.outcome = outcome;
    record.last = static_cast<std::uint32_t>(trace.observations.size());
    trace.steps.push_back(record);
    observed.reset(2);
    observed.advance(trace, 0);
  }
  [[nodiscard]] const StepRecord& record() const { return trace.steps[0]; }
};

}  // namespace normdiff::testing
