#pragma once

#include "harness/language/step.hpp"
#include "harness/scenario/scope.hpp"

namespace normdiff {

template <>
struct StepType<JitScript> {
  static constexpr std::string_view name = "torch.jit.script";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::function, "torch.jit.script"}}};

  template <class Io, class S>
  static void fields(Io& io, S& step) {
    io.result(step.result, NameKind::script);
    io.operand("module", step.module, Takes::eager);
  }
};

}  // namespace normdiff
