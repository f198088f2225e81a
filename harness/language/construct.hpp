#pragma once

#include "harness/language/step.hpp"
#include "harness/scenario/scope.hpp"

namespace normdiff {

template <>
struct StepType<Construct> {
  static constexpr std::string_view name = "construct";
  static constexpr auto spellings = [] {
    std::array<Spelling, reference::module_kind_count> list{};
    for (std::size_t i = 0; i < list.size(); ++i)
      list[i] = {Form::function, reference::module_names[i]};
    return list;
  }();

  template <class Io, class S>
  static void fields(Io& io, S& step) {
    io.result(step.result, NameKind::module);
    io.expression(step.module);
  }
};

}  // namespace normdiff
