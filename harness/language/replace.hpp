#pragma once

#include "harness/language/step.hpp"

namespace normdiff {

/// replace(net.bn, bn2): from then on the module bn2 stands in the place of net.bn. It is the same
/// module under both names, and whoever shares the parent of net.bn sees it too.
struct Replace {
  ModuleRef module;
  ModuleRef replacement;

  static constexpr std::string_view name = "replace";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::function, "replace"}}};
  static constexpr DrawInfo drawing = {.weights = {4, 3, 3, 0, 3},
                                       .needs = {.room_for_tree = true}};
  static constexpr Effect effect = {.moves = Moves::anything};
  static constexpr auto fields =
      std::tuple{field::Operand{"module", &Replace::module, Takes::eager},
                 field::Operand{"replacement", &Replace::replacement, Takes::eager}};
};

/// Both have no children, so that every path stays what it was; the first is part of a module.
std::optional<Problem> precondition(const Scope& scope, const Replace& step);
void change(Scope& scope, const Replace& step);
void draw(Draft& draft, KindOf<Replace>);
Execution execute(Context& context, const Replace& step);

}  // namespace normdiff
