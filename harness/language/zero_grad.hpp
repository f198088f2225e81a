#pragma once

#include "harness/language/step.hpp"
#include "harness/scenario/scope.hpp"

namespace normdiff {

template <>
struct StepType<ZeroGrad> {
  static constexpr std::string_view name = "zero_grad";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::method, "zero_grad"}}};

  template <class Io, class S>
  static void fields(Io& io, S& step) {
    io.object("module", step.module, Takes::eager);
  }
};

}  // namespace normdiff
