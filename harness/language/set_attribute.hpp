#pragma once

#include "harness/language/step.hpp"

// net.bn.training = True and its like: an attribute of a module is given a value, and nothing else.
namespace normdiff {

struct SetTraining {
  ModuleRef module;
  bool value = true;

  static constexpr std::string_view name = "set_training";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::attribute, "training"}}};
  static constexpr DrawInfo drawing = {.weights = {7, 1, 5, 2}};
  static constexpr Effect effect = {.moves = Moves::anything};
  static constexpr auto fields =
      std::tuple{field::Object{"module", &SetTraining::module, Takes::eager},
                 field::Value{"value", &SetTraining::value}};
};
void draw(Draft& draft, KindOf<SetTraining>);
Execution execute(Context& context, const SetTraining& step);

struct SetMomentum {
  ModuleRef module;
  std::optional<double> value;

  static constexpr std::string_view name = "set_momentum";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::attribute, "momentum"}}};
  static constexpr DrawInfo drawing = {.weights = {6, 2, 3, 2}};
  static constexpr Effect effect = {.moves = Moves::anything};
  static constexpr auto fields =
      std::tuple{field::Object{"module", &SetMomentum::module, Takes::norm},
                 field::Value{"value", &SetMomentum::value}};
};
void draw(Draft& draft, KindOf<SetMomentum>);
Execution execute(Context& context, const SetMomentum& step);

struct SetEps {
  ModuleRef module;
  double value = 1e-5;

  static constexpr std::string_view name = "set_eps";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::attribute, "eps"}}};
  static constexpr DrawInfo drawing = {.weights = {4, 2, 1, 2}};
  static constexpr Effect effect = {.moves = Moves::anything};
  static constexpr auto fields = std::tuple{field::Object{"module", &SetEps::module, Takes::norm},
                                            field::Value{"value", &SetEps::value}};
};
void draw(Draft& draft, KindOf<SetEps>);
Execution execute(Context& context, const SetEps& step);

struct SetTrackRunningStats {
  ModuleRef module;
  bool value = true;

  static constexpr std::string_view name = "set_track_running_stats";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::attribute, "track_running_stats"}}};
  static constexpr DrawInfo drawing = {.weights = {6, 1, 2, 1}};
  static constexpr Effect effect = {.moves = Moves::anything};
  static constexpr auto fields =
      std::tuple{field::Object{"module", &SetTrackRunningStats::module, Takes::norm},
                 field::Value{"value", &SetTrackRunningStats::value}};
};
void draw(Draft& draft, KindOf<SetTrackRunningStats>);
Execution execute(Context& context, const SetTrackRunningStats& step);

}  // namespace normdiff
