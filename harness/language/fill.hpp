#pragma once

#include "harness/language/step.hpp"

namespace normdiff {

/// fill(net.bn.running_var, uniform(0.5, 2), seed=3)
struct Fill {
  ModuleRef module;
  TensorSlot slot = TensorSlot::weight;
  Data data;
  std::uint64_t seed = 0;

  static constexpr std::string_view name = "fill";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::function, "fill"}}};
  static constexpr DrawInfo drawing = {.weights = {9, 10, 5, 10, 8}};
  static constexpr Effect effect = {.moves = Moves::anything};
  static constexpr auto fields =
      std::tuple{field::Slot{&Fill::module, &Fill::slot}, field::Elements{"value", &Fill::data},
                 field::KeywordsOnly{}, field::Seed{&Fill::seed}};
};

std::optional<Problem> precondition(const Scope& scope, const Fill& step);
void draw(Draft& draft, KindOf<Fill>);
Execution execute(Context& context, const Fill& step);

}  // namespace normdiff
