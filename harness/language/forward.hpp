#pragma once

#include "harness/language/step.hpp"
#include "harness/scenario/scope.hpp"

namespace normdiff {

template <>
struct StepType<Forward> {
  static constexpr std::string_view name = "forward";
  static constexpr std::array<Spelling, 2> spellings = {
      {{Form::call, ""}, {Form::function, "no_grad"}}};

  template <class Io, class S>
  static void fields(Io& io, S& step) {
    io.result(step.result, NameKind::result);
    io.callee("module", step.module, step.grad);
    io.operand("input", step.input, Takes::tensor);
  }

  static std::optional<Problem> also(const Scope& scope, const Forward& step) {
    if (step.grad || scope[step.module.name].kind != NameKind::artefact) return std::nullopt;
    return Problem{"an exported artefact records no gradients; call it without no_grad",
                   &step.module};
  }
};

}  // namespace normdiff
