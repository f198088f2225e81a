#pragma once

#include "harness/language/step.hpp"
#include "harness/scenario/scope.hpp"

namespace normdiff {

template <>
struct StepType<MakeTensor> {
  static constexpr std::string_view name = "tensor";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::function, "tensor"}}};

  template <class Io, class S>
  static void fields(Io& io, S& step) {
    io.result(step.result, NameKind::tensor);
    io.shape(step.shape);
    io.data("value", step.data);
    io.keywords();
    io.seed(step.seed);
    io.dtype(step.dtype);
    io.option("memory_format", step.memory_format, Layout::contiguous, Any{});
    io.option("requires_grad", step.requires_grad, false, Any{});
  }

  static std::optional<Problem> also(const Scope&, const MakeTensor& step) {
    if (step.memory_format == Layout::channels_last && step.shape.rank() != 4)
      return Problem{"channels_last needs 4 dimensions, and the shape has " +
                         std::to_string(step.shape.rank()) + "; leave memory_format out",
                     &step.memory_format};
    return std::nullopt;
  }
};

}  // namespace normdiff
