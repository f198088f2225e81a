#pragma once

#include "harness/language/step.hpp"

namespace normdiff {

/// s2 = torch.jit.save_load(s)      through a real file
struct JitSaveLoad {
  NameId result = 0;
  NameId script = 0;

  static constexpr std::string_view name = "torch.jit.save_load";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::function, "torch.jit.save_load"}}};
  static constexpr DrawInfo drawing = {.weights = {0, 0, 7, 0, 0},
                                       .needs = {.room_for_tree = true, .script = true}};
  static constexpr Effect effect = {
      .makes = NameKind::script, .copies_tree = true, .needs = Capability::torchscript};
  static constexpr auto fields =
      std::tuple{field::Result{&JitSaveLoad::result},
                 field::Operand{"script", &JitSaveLoad::script, Takes::script}};
};

void draw(Draft& draft, KindOf<JitSaveLoad>);
Execution execute(Context& context, const JitSaveLoad& step);

}  // namespace normdiff
