#pragma once

#include "harness/scenario/scope.hpp"
#include "harness/scenario/steps/step.hpp"

// Methods of a module that take nothing, or one word.
namespace normdiff {

template <>
struct StepType<ResetRunningStats> {
  static constexpr std::string_view name = "reset_running_stats";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::method, "reset_running_stats"}}};

  template <class Io, class S>
  static void fields(Io& io, S& step) {
    io.object("module", step.module, Takes::batch_norm);
  }
};

template <>
struct StepType<CastTo> {
  static constexpr std::string_view name = "to";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::method, "to"}}};

  template <class Io, class S>
  static void fields(Io& io, S& step) {
    io.object("module", step.module, Takes::eager);
    io.value("dtype", step.dtype, Floating{});
  }
};

template <>
struct StepType<ZeroGrad> {
  static constexpr std::string_view name = "zero_grad";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::method, "zero_grad"}}};

  template <class Io, class S>
  static void fields(Io& io, S& step) {
    io.object("module", step.module, Takes::eager);
  }
};

}  // namespace normdiff
