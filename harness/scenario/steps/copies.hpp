#pragma once

#include "harness/scenario/scope.hpp"
#include "harness/scenario/steps/step.hpp"

namespace normdiff {

template <>
struct StepType<DeepCopy> {
  static constexpr std::string_view name = "deepcopy";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::function, "copy.deepcopy"}}};

  template <class Io, class S>
  static void fields(Io& io, S& step) {
    io.result(step.result, NameKind::module);
    io.operand("module", step.module, Takes::eager);
  }
};

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
