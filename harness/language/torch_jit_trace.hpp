#pragma once

#include "harness/language/step.hpp"
#include "harness/scenario/scope.hpp"

namespace normdiff {

template <>
struct StepType<JitTrace> {
  static constexpr std::string_view name = "torch.jit.trace";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::function, "torch.jit.trace"}}};

  template <class Io, class S>
  static void fields(Io& io, S& step) {
    io.result(step.result, NameKind::script);
    io.operand("module", step.module, Takes::eager);
    io.operand("input", step.input, Takes::tensor);
    io.keywords();
    io.option("check_trace", step.check_trace, true, Any{});
  }
};

}  // namespace normdiff
