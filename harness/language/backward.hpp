#pragma once

#include "harness/language/step.hpp"

namespace normdiff {

// Each draws a step of this kind that both sides ought to refuse.
void draw_second_backward(Draft& draft);

/// backward(y, normal(0, 1), seed=4, retain_graph=True)
struct Backward {
  NameId output = 0;  ///< of a forward step
  Data gradient;
  std::uint64_t seed = 0;
  bool retain_graph = false;

  static constexpr std::string_view name = "backward";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::function, "backward"}}};
  static constexpr std::array<DrawMistake, 1> mistakes = {draw_second_backward};
  static constexpr DrawInfo drawing = {
      .weights = {14, 32, 3, 26, 0}, .needs = {.result = true}, .mistakes = mistakes};
  static constexpr Effect effect = {.backwards = 1, .moves = Moves::gradients};
  static constexpr auto fields = std::tuple{
      field::Operand{"output", &Backward::output, Takes::differentiable},
      field::Elements{"gradient", &Backward::gradient}, field::KeywordsOnly{},
      field::Seed{&Backward::seed}, field::Option{"retain_graph", &Backward::retain_graph, false}};
};

void draw(Draft& draft, KindOf<Backward>);
Execution execute(Context& context, const Backward& step);

}  // namespace normdiff
