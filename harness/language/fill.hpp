#pragma once

#include <fmt/format.h>

#include "harness/language/step.hpp"
#include "harness/scenario/scope.hpp"

namespace normdiff {

template <>
struct StepType<Fill> {
  static constexpr std::string_view name = "fill";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::function, "fill"}}};

  template <class Io, class S>
  static void fields(Io& io, S& step) {
    io.slot(step.module, step.slot);
    io.data("value", step.data);
    io.keywords();
    io.seed(step.seed);
  }

  static std::optional<Problem> also(const Scope& scope, const Fill& step) {
    const ModuleSpec& module = *scope.place(step.module).module;
    if (step.slot == TensorSlot::num_batches_tracked) {
      std::int64_t count = 0;
      make_data(step.data, step.seed, 1, DType::int64, &count);
      if (count < 0)  // the cumulative average divides by it
        return Problem{"a number of batches is 0 or more", &step.data};
    }
    if (fresh_shape(module, step.slot)) return std::nullopt;
    return Problem{fmt::format("this {} has no {}; fill a tensor that it is made with",
                               reference::to_string(module.kind()), to_string(step.slot)),
                   &step.slot};
  }
};

}  // namespace normdiff
