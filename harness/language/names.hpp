#pragma once

#include <cstdint>

namespace normdiff {

/// A name of a scenario, by its number in Scenario::names.
using NameId = std::uint16_t;

/// A module, by the name it lives under and its place in that name's tree (reference::Place;
/// 0 is the root). `net` is {net, 0}.
struct ModuleRef {
  NameId name = 0;
  std::uint16_t place = 0;
  friend bool operator==(ModuleRef a, ModuleRef b) {
    return a.name == b.name && a.place == b.place;
  }
};

/// The things that a name can stand for.
enum class NameKind : std::uint8_t { undefined, module, tensor, result, script, artefact };

}  // namespace normdiff
