#pragma once

#include "harness/language/step.hpp"

namespace normdiff {

/// net.bn.reset_running_stats()
struct ResetRunningStats {
  ModuleRef module;

  static constexpr std::string_view name = "reset_running_stats";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::method, "reset_running_stats"}}};
  static constexpr DrawInfo drawing = {.weights = {4, 2, 2, 4, 2}};
  static constexpr Effect effect = {.moves = Moves::anything};
  static constexpr auto fields =
      std::tuple{field::Object{"module", &ResetRunningStats::module, Takes::norm}};
};

void draw(Draft& draft, KindOf<ResetRunningStats>);
Execution execute(Context& context, const ResetRunningStats& step);

}  // namespace normdiff
