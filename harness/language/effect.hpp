#pragma once

#include <cstdint>

#include "harness/language/names.hpp"
#include "harness/text/enums.hpp"

namespace normdiff {

/// The state that a step may change where the reference has no prediction for it, beside what the
/// step makes.
enum class Moves : std::uint8_t {
  nothing,
  statistics,  ///< of the module that it runs; an artefact keeps its own to itself
  gradients,   ///< of the tensors that the graph of its result holds
  anything,    ///< of the module that it works on
};

/// A subject must have this to do a step.
enum class Capability : std::uint8_t { eager, torchscript, onnx };
template <>
inline constexpr Names<Capability> reference::names_of<Capability> = {"eager", "torchscript",
                                                                      "onnx"};

/// The effect of a step, as far as it can be said without doing it. The module, tensor or result
/// that it does it to are those of its fields: step.hpp finds them.
struct Effect {
  NameKind makes = NameKind::undefined;  ///< undefined: no name
  /// Its result is a tree of its own, as large as that of its module.
  bool copies_tree = false;
  bool traces = false;   ///< the script that it makes is bound to what one run did
  double forwards = 0;   ///< how often it runs its module on its tensor
  double backwards = 0;  ///< how often it goes back through the graph of its result
  Moves moves = Moves::nothing;
  Capability needs = Capability::eager;
};

}  // namespace normdiff
