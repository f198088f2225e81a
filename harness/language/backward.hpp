#pragma once

#include "harness/language/step.hpp"
#include "harness/scenario/scope.hpp"

namespace normdiff {

template <>
struct StepType<Backward> {
  static constexpr std::string_view name = "backward";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::function, "backward"}}};

  template <class Io, class S>
  static void fields(Io& io, S& step) {
    io.operand("output", step.output, Takes::differentiable);
    io.data("gradient", step.gradient);
    io.keywords();
    io.seed(step.seed);
    io.option("retain_graph", step.retain_graph, false, Any{});
  }
};

}  // namespace normdiff
