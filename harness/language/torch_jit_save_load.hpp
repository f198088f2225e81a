#pragma once

#include "harness/language/step.hpp"
#include "harness/scenario/scope.hpp"

namespace normdiff {

template <>
struct StepType<JitSaveLoad> {
  static constexpr std::string_view name = "torch.jit.save_load";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::function, "torch.jit.save_load"}}};

  template <class Io, class S>
  static void fields(Io& io, S& step) {
    io.result(step.result, NameKind::script);
    io.operand("script", step.script, Takes::script);
  }
};

}  // namespace normdiff
