#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/language/names.hpp"
#include "harness/text/enums.hpp"
#include "reference/modules/spec.hpp"
#include "reference/tensor/slot.hpp"

// The types of values that statements are written with.
namespace normdiff {

using reference::DType;
using reference::Layout;
using reference::ModuleKind;
using reference::ModuleSpec;
using reference::ModuleSpecPtr;
using reference::Shape;
using reference::TensorSlot;

/// The kind that stands for none, where an observation belongs to no leaf.
inline constexpr ModuleKind no_leaf = reference::kind_of<reference::Sequential>;

enum class ExportMode : std::uint8_t { EVAL, PRESERVE, TRAINING };
template <>
inline constexpr Names<ExportMode> reference::names_of<ExportMode> = {"EVAL", "PRESERVE",
                                                                      "TRAINING"};

/// A module as it is written: options, and children that are written in place or named.
struct ModuleExpression {
  struct Child;
  reference::Layer layer;
  std::vector<Child> children;
  bool named_children = false;  ///< Sequential(a=..., b=...) or Sequential(..., ...)
};
struct ModuleExpression::Child {
  std::string name;                               ///< "0", "1", ... where not named
  std::variant<ModuleExpression, NameId> module;  ///< a NameId: the module of that name, shared
};

}  // namespace normdiff
