#pragma once

#include "harness/language/step.hpp"

namespace normdiff {

/// s = torch.jit.script(net)
struct JitScript {
  NameId result = 0;
  ModuleRef module;

  static constexpr std::string_view name = "torch.jit.script";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::function, "torch.jit.script"}}};
  static constexpr DrawInfo drawing = {.weights = {0, 0, 9, 0, 0},
                                       .needs = {.room_for_tree = true}};
  static constexpr Effect effect = {
      .makes = NameKind::script, .copies_tree = true, .needs = Capability::torchscript};
  static constexpr auto fields =
      std::tuple{field::Result{&JitScript::result},
                 field::Operand{"module", &JitScript::module, Takes::eager}};
};

void draw(Draft& draft, KindOf<JitScript>);
Execution execute(Context& context, const JitScript& step);

}  // namespace normdiff
