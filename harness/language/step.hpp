#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "harness/language/scenario.hpp"

// A step, or a few that are spelled alike, is one file of this folder. It specialises StepType with
//   name       what reports call the kind of step
//   spellings  how a statement of it looks; the first is the canonical one
//   fields     its typed fields, once, for an Io that reads, prints, checks or plans them
// Fields are visited in the order in which they are written. An Io has
//   result(name, kind)                  the name the statement defines
//   object(key, module, takes)          what stands before the method or attribute
//   operand(key, module|name, takes)    a positional argument that names something
//   value(key, field, allowed)          a required argument; positional in the canonical text
//   keywords()                          from here on arguments are given by keyword only
//   required(key, field, allowed)       a required argument; by keyword in the canonical text
//   option(key, field, default, allowed)  left out of the canonical text where it is the default
//   data(key, data)   seed(seed)        literals or a rule, and what keys it
// and, for one step each: shape, dtype, slot, mode, callee, state_dict, expression.
namespace normdiff {

template <class T>
struct StepType;

enum class Form : std::uint8_t {
  function,   ///< word(...)
  method,     ///< net.bn.word(...)
  attribute,  ///< net.bn.word = ...
  call,       ///< net.bn(...)
};
struct Spelling {
  Form form;
  std::string_view word;
};

/// What an operand has to be.
enum class Takes : std::uint8_t {
  eager,            ///< any path of a module
  batch_norm,       ///< a path of a module that is a BatchNorm
  eager_or_script,  ///< any path of a module or script
  callable,         ///< any path of a module, the root of a script or artefact
  script,           ///< a script, by name
  tensor,           ///< a tensor, by name
  differentiable,   ///< the result of a forward with grad, not of an artefact; by name
};

/// The integers that a field takes.
struct Range {
  std::int64_t least = std::numeric_limits<std::int64_t>::min();
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
};
/// Only floating-point dtypes.
struct Floating {};
/// Whatever the type can hold.
struct Any {};

/// Why a step can't stand where it does.
struct Problem {
  std::string sentence;
  const void* field = nullptr;  ///< the field of the step that it is about
};

/// The bare words that an enumeration is written with.
template <class Enum>
struct Words;
template <>
struct Words<Layout> {
  static constexpr std::array<std::string_view, 3> list = {"contiguous", "channels_last",
                                                           "strided"};
};
template <>
struct Words<DType> {
  static constexpr std::array<std::string_view, 3> list = {"float32", "float64", "int64"};
};
template <>
struct Words<ExportMode> {
  static constexpr std::array<std::string_view, 3> list = {"EVAL", "PRESERVE", "TRAINING"};
};
template <>
struct Words<TensorSlot> {
  static constexpr auto list = reference::tensor_slot_names;
};
template <class Enum>
[[nodiscard]] constexpr std::string_view word_of(Enum value) {
  return Words<Enum>::list[static_cast<std::size_t>(value)];
}

}  // namespace normdiff
