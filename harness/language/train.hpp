#pragma once

#include "harness/language/step.hpp"

namespace normdiff {

/// net.train()   net.bn.eval()
struct Train {
  ModuleRef module;
  bool mode = true;

  static constexpr std::string_view name = "train";
  static constexpr std::array<Spelling, 2> spellings = {
      {{Form::method, "train"}, {Form::method, "eval"}}};
  static constexpr DrawInfo drawing = {.weights = {18, 7, 12, 14, 14}};
  static constexpr Effect effect = {.moves = Moves::anything};
  static constexpr auto fields = std::tuple{
      field::Object{"module", &Train::module, Takes::eager_or_script}, field::Mode{&Train::mode}};
};

void draw(Draft& draft, KindOf<Train>);
Execution execute(Context& context, const Train& step);

}  // namespace normdiff
