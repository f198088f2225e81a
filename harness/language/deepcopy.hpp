#pragma once

#include "harness/language/step.hpp"

namespace normdiff {

/// b = copy.deepcopy(net)
struct DeepCopy {
  NameId result = 0;
  ModuleRef module;

  static constexpr std::string_view name = "deepcopy";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::function, "copy.deepcopy"}}};
  static constexpr DrawInfo drawing = {.weights = {10, 2, 2, 3, 3},
                                       .needs = {.room_for_tree = true}};
  static constexpr Effect effect = {.makes = NameKind::module, .copies_tree = true};
  static constexpr auto fields = std::tuple{
      field::Result{&DeepCopy::result}, field::Operand{"module", &DeepCopy::module, Takes::eager}};
};

void draw(Draft& draft, KindOf<DeepCopy>);
Execution execute(Context& context, const DeepCopy& step);

}  // namespace normdiff
