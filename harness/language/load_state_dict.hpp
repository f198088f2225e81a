#pragma once

#include "harness/language/step.hpp"
#include "harness/scenario/scope.hpp"

namespace normdiff {

template <>
struct StepType<LoadStateDict> {
  static constexpr std::string_view name = "load_state_dict";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::method, "load_state_dict"}}};

  template <class Io, class S>
  static void fields(Io& io, S& step) {
    io.object("target", step.target, Takes::eager);
    io.state_dict("source", step.source, Takes::eager);
  }
};

}  // namespace normdiff
