#pragma once

#include "harness/language/step.hpp"

namespace normdiff {

// Each draws a step of this kind that both sides ought to refuse.
void draw_unfitting_state_dict(Draft& draft);

/// b.load_state_dict(net.state_dict())
struct LoadStateDict {
  ModuleRef target;
  ModuleRef source;

  static constexpr std::string_view name = "load_state_dict";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::method, "load_state_dict"}}};
  static constexpr std::array<DrawMistake, 1> mistakes = {draw_unfitting_state_dict};
  static constexpr DrawInfo drawing = {
      .weights = {16, 2, 2, 3, 2}, .needs = {.copy = true}, .mistakes = mistakes};
  static constexpr Effect effect = {.moves = Moves::anything};
  static constexpr auto fields =
      std::tuple{field::Object{"target", &LoadStateDict::target, Takes::eager},
                 field::StateDict{"source", &LoadStateDict::source, Takes::eager}};
};

void draw(Draft& draft, KindOf<LoadStateDict>);
Execution execute(Context& context, const LoadStateDict& step);

}  // namespace normdiff
