#pragma once

#include "harness/language/step.hpp"

namespace normdiff {

/// net.zero_grad()       every .grad None
struct ZeroGrad {
  ModuleRef module;

  static constexpr std::string_view name = "zero_grad";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::method, "zero_grad"}}};
  static constexpr DrawInfo drawing = {.weights = {2, 3, 1, 6, 0}};
  static constexpr Effect effect = {.moves = Moves::anything};
  static constexpr auto fields =
      std::tuple{field::Object{"module", &ZeroGrad::module, Takes::eager}};
};

void draw(Draft& draft, KindOf<ZeroGrad>);
Execution execute(Context& context, const ZeroGrad& step);

}  // namespace normdiff
