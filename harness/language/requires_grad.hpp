#pragma once

#include "harness/language/step.hpp"

namespace normdiff {

/// net.bn.requires_grad_(False)
struct RequiresGrad {
  ModuleRef module;
  bool requires_grad = true;

  static constexpr std::string_view name = "requires_grad_";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::method, "requires_grad_"}}};
  static constexpr DrawInfo drawing = {.weights = {7, 7, 4, 0, 1}};
  static constexpr Effect effect = {.moves = Moves::anything};
  static constexpr auto fields =
      std::tuple{field::Object{"module", &RequiresGrad::module, Takes::eager},
                 field::Value{"requires_grad", &RequiresGrad::requires_grad}};
};

void draw(Draft& draft, KindOf<RequiresGrad>);
Execution execute(Context& context, const RequiresGrad& step);

}  // namespace normdiff
