#pragma once

#include "harness/language/step.hpp"

namespace normdiff {

// Each draws a step of this kind that both sides ought to refuse.
void draw_wrong_input(Draft& draft);
void draw_single_value(Draft& draft);
void draw_wrong_eps(Draft& draft);

/// y = net(x)   y = no_grad(net, x)   z = net(y) goes on from y   w = m(x) runs an exported
/// artefact
struct Forward {
  NameId result = 0;
  ModuleRef module;
  NameId input = 0;  ///< of a tensor step, or of an earlier forward
  bool grad = true;

  static constexpr std::string_view name = "forward";
  static constexpr std::array<Spelling, 2> spellings = {
      {{Form::call, ""}, {Form::function, "no_grad"}}};
  static constexpr std::array<DrawMistake, 3> mistakes = {draw_wrong_input, draw_single_value,
                                                          draw_wrong_eps};
  static constexpr DrawInfo drawing = {.weights = {44, 44, 38, 40, 26}, .mistakes = mistakes};
  static constexpr Effect effect = {
      .makes = NameKind::result, .forwards = 1, .moves = Moves::statistics};
  static constexpr auto fields = std::tuple{
      field::Result{&Forward::result}, field::Callee{"module", &Forward::module, &Forward::grad},
      field::Operand{"input", &Forward::input, Takes::input}};
};

std::optional<Problem> precondition(const Scope& scope, const Forward& step);
NameInfo made(const Scope& scope, const Forward& step);
void draw(Draft& draft, KindOf<Forward>);
Execution execute(Context& context, const Forward& step);

}  // namespace normdiff
