#pragma once

#include "harness/language/step.hpp"
#include "harness/scenario/scope.hpp"

namespace normdiff {

template <>
struct StepType<Construct> {
  static constexpr std::string_view name = "construct";
  static constexpr std::array<Spelling, count_of<ModuleKind>> spellings = {{
      {Form::function, "Sequential"},
      {Form::function, "BatchNorm1d"},
      {Form::function, "BatchNorm2d"},
      {Form::function, "BatchNorm3d"},
      {Form::function, "Conv2d"},
      {Form::function, "Linear"},
      {Form::function, "ReLU"},
      {Form::function, "Flatten"},
  }};

  template <class Io, class S>
  static void fields(Io& io, S& step) {
    io.result(step.result, NameKind::module);
    io.expression(step.module);
  }
};

}  // namespace normdiff
