#pragma once

#include "harness/language/step.hpp"

namespace normdiff {

/// net.bn.momentum = None: the attribute A of a module is given a value, and nothing else happens.
/// A is one of the structs below. A kind of step for each: what can be said of one attribute is not
/// what can be said of another.
template <class A>
struct SetAttribute {
  ModuleRef module;
  typename A::Value value = A::standard;

  static constexpr std::string_view name = A::step;
  static constexpr std::array<Spelling, 1> spellings = {{{Form::attribute, A::attribute}}};
  static constexpr DrawInfo drawing = A::drawing;
  static constexpr Effect effect = {.moves = Moves::anything};
  static constexpr auto fields =
      std::tuple{field::Object{"module", &SetAttribute::module, A::takes},
                 field::Value{"value", &SetAttribute::value}};
};

struct TrainingAttribute {
  using Value = bool;
  static constexpr Value standard = true;
  static constexpr std::string_view attribute = "training";
  static constexpr std::string_view step = "set_training";
  static constexpr Takes takes = Takes::eager;
  static constexpr DrawInfo drawing = {.weights = {7, 1, 5, 2, 6}};
};
using SetTraining = SetAttribute<TrainingAttribute>;
void draw(Draft& draft, KindOf<SetTraining>);
Execution execute(Context& context, const SetTraining& step);

struct MomentumAttribute {
  using Value = std::optional<double>;
  static constexpr Value standard = std::nullopt;
  static constexpr std::string_view attribute = "momentum";
  static constexpr std::string_view step = "set_momentum";
  static constexpr Takes takes = Takes::norm;
  static constexpr DrawInfo drawing = {.weights = {6, 2, 3, 2, 3}};
};
using SetMomentum = SetAttribute<MomentumAttribute>;
void draw(Draft& draft, KindOf<SetMomentum>);
Execution execute(Context& context, const SetMomentum& step);

struct EpsAttribute {
  using Value = double;
  static constexpr Value standard = 1e-5;
  static constexpr std::string_view attribute = "eps";
  static constexpr std::string_view step = "set_eps";
  static constexpr Takes takes = Takes::norm;
  static constexpr DrawInfo drawing = {.weights = {4, 2, 1, 2, 2}};
};
using SetEps = SetAttribute<EpsAttribute>;
void draw(Draft& draft, KindOf<SetEps>);
Execution execute(Context& context, const SetEps& step);

struct TrackRunningStatsAttribute {
  using Value = bool;
  static constexpr Value standard = true;
  static constexpr std::string_view attribute = "track_running_stats";
  static constexpr std::string_view step = "set_track_running_stats";
  static constexpr Takes takes = Takes::norm;
  static constexpr DrawInfo drawing = {.weights = {6, 1, 2, 1, 4}};
};
using SetTrackRunningStats = SetAttribute<TrackRunningStatsAttribute>;
void draw(Draft& draft, KindOf<SetTrackRunningStats>);
Execution execute(Context& context, const SetTrackRunningStats& step);

}  // namespace normdiff
