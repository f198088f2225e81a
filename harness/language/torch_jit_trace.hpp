#pragma once

#include "harness/language/step.hpp"

namespace normdiff {

/// s = torch.jit.trace(net, x, check_trace=False)
struct JitTrace {
  NameId result = 0;
  ModuleRef module;
  NameId input = 0;
  bool check_trace = true;

  static constexpr std::string_view name = "torch.jit.trace";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::function, "torch.jit.trace"}}};
  static constexpr DrawInfo drawing = {.weights = {0, 0, 12, 0, 0},
                                       .needs = {.room_for_tree = true}};
  static constexpr Effect effect = {.makes = NameKind::script,
                                    .copies_tree = true,
                                    .traces = true,
                                    .forwards = 5,
                                    .moves = Moves::statistics,
                                    .needs = Capability::torchscript};
  static constexpr auto fields = std::tuple{
      field::Result{&JitTrace::result}, field::Operand{"module", &JitTrace::module, Takes::eager},
      field::Operand{"input", &JitTrace::input, Takes::tensor}, field::KeywordsOnly{},
      field::Option{"check_trace", &JitTrace::check_trace, true}};
};

void draw(Draft& draft, KindOf<JitTrace>);
Execution execute(Context& context, const JitTrace& step);

}  // namespace normdiff
