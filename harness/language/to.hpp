#pragma once

#include "harness/language/step.hpp"

namespace normdiff {

/// net.to(float64)
struct CastTo {
  ModuleRef module;
  DType dtype = DType::float64;

  static constexpr std::string_view name = "to";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::method, "to"}}};
  static constexpr DrawInfo drawing = {.weights = {1, 1, 0, 2, 1}};
  static constexpr Effect effect = {.moves = Moves::anything};
  static constexpr auto fields = std::tuple{field::Object{"module", &CastTo::module, Takes::eager},
                                            field::Value{"dtype", &CastTo::dtype, Floating{}}};
};

void draw(Draft& draft, KindOf<CastTo>);
Execution execute(Context& context, const CastTo& step);

}  // namespace normdiff
