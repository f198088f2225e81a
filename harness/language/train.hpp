#pragma once

#include "harness/language/step.hpp"
#include "harness/scenario/scope.hpp"

namespace normdiff {

template <>
struct StepType<Train> {
  static constexpr std::string_view name = "train";
  static constexpr std::array<Spelling, 2> spellings = {
      {{Form::method, "train"}, {Form::method, "eval"}}};

  template <class Io, class S>
  static void fields(Io& io, S& step) {
    io.object("module", step.module, Takes::eager_or_script);
    io.mode("mode", step.mode);
  }
};

}  // namespace normdiff
