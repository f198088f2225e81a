#pragma once

#include "harness/language/step.hpp"
#include "harness/scenario/scope.hpp"

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

}  // namespace normdiff
