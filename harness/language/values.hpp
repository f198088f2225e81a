#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/language/names.hpp"
#include "harness/text/enums.hpp"
#include "reference/modules/spec.hpp"
#include "reference/tensor/tensor.hpp"

// The types of values that statements are written with.
namespace normdiff {

using reference::DType;
using reference::Layout;
using reference::ModuleKind;
using reference::ModuleSpec;
using reference::ModuleSpecPtr;
using reference::Shape;

/// A tensor that a module holds.
enum class TensorSlot : std::uint8_t {
  weight,
  bias,
  running_mean,
  running_var,
  num_batches_tracked
};
template <>
inline constexpr Names<TensorSlot> reference::names_of<TensorSlot> = {
    "weight", "bias", "running_mean", "running_var", "num_batches_tracked"};

enum class ExportMode : std::uint8_t { EVAL, PRESERVE, TRAINING };
template <>
inline constexpr Names<ExportMode> reference::names_of<ExportMode> = {"EVAL", "PRESERVE",
                                                                      "TRAINING"};

/// A module as it is written: options, and children that are written in place or named.
struct ModuleExpression {
  struct Child;
  ModuleKind kind = ModuleKind::Sequential;
  reference::ModuleOptions options;
  std::vector<Child> children;
  bool named_children = false;  ///< Sequential(a=..., b=...) or Sequential(..., ...)
};
struct ModuleExpression::Child {
  std::string name;                               ///< "0", "1", ... where not named
  std::variant<ModuleExpression, NameId> module;  ///< a NameId: the module of that name, shared
};

}  // namespace normdiff
