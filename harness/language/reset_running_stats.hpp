#pragma once

#include "harness/language/step.hpp"
#include "harness/scenario/scope.hpp"

namespace normdiff {

template <>
struct StepType<ResetRunningStats> {
  static constexpr std::string_view name = "reset_running_stats";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::method, "reset_running_stats"}}};

  template <class Io, class S>
  static void fields(Io& io, S& step) {
    io.object("module", step.module, Takes::batch_norm);
  }
};

}  // namespace normdiff
