#pragma once

#include "harness/language/step.hpp"
#include "harness/scenario/scope.hpp"

namespace normdiff {

template <>
struct StepType<CastTo> {
  static constexpr std::string_view name = "to";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::method, "to"}}};

  template <class Io, class S>
  static void fields(Io& io, S& step) {
    io.object("module", step.module, Takes::eager);
    io.value("dtype", step.dtype, Floating{});
  }
};

}  // namespace normdiff
