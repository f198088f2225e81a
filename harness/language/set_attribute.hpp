#pragma once

#include "harness/language/step.hpp"
#include "harness/scenario/scope.hpp"

// net.bn.training = True and its like: an attribute of a module is given a value, and nothing else.
namespace normdiff {

template <class S>
struct AttributeFields {
  template <class Io, class T>
  static void fields(Io& io, T& step) {
    io.object("module", step.module, StepType<S>::takes);
    io.value("value", step.value, Any{});
  }
};

template <>
struct StepType<SetTraining> : AttributeFields<SetTraining> {
  static constexpr std::string_view name = "set_training";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::attribute, "training"}}};
  static constexpr Takes takes = Takes::eager;
};

template <>
struct StepType<SetMomentum> : AttributeFields<SetMomentum> {
  static constexpr std::string_view name = "set_momentum";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::attribute, "momentum"}}};
  static constexpr Takes takes = Takes::batch_norm;
};

template <>
struct StepType<SetEps> : AttributeFields<SetEps> {
  static constexpr std::string_view name = "set_eps";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::attribute, "eps"}}};
  static constexpr Takes takes = Takes::batch_norm;
};

template <>
struct StepType<SetTrackRunningStats> : AttributeFields<SetTrackRunningStats> {
  static constexpr std::string_view name = "set_track_running_stats";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::attribute, "track_running_stats"}}};
  static constexpr Takes takes = Takes::batch_norm;
};

}  // namespace normdiff
