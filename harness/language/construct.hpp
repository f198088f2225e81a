#pragma once

#include "harness/language/step.hpp"
#include "harness/scenario/scope.hpp"

namespace normdiff {

template <>
struct StepType<Construct> {
  static constexpr std::string_view name = "construct";
  static constexpr auto spellings = [] {
    std::array<Spelling, count_of<ModuleKind>> list{};
    auto spelling = list.begin();
    for (const std::string_view name : names_of<ModuleKind>) *spelling++ = {Form::function, name};
    return list;
  }();

  template <class Io, class S>
  static void fields(Io& io, S& step) {
    io.result(step.result, NameKind::module);
    io.expression(step.module);
  }
};

}  // namespace normdiff
