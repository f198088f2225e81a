#pragma once

#include <memory>
#include <string>
#include <vector>

#include "reference/layers/layer.hpp"

namespace normdiff::reference {

struct ModuleSpec;
using ModuleSpecPtr = std::shared_ptr<const ModuleSpec>;

/// The specification that a module is made from. It is a tree; a spec that occurs twice is one
/// module in two places.
struct ModuleSpec {
  struct Child {
    std::string name;  ///< unnamed children of a Sequential are "0", "1", ...
    ModuleSpecPtr module;
  };

  Layer layer;
  std::vector<Child> children;  ///< of a container, in order

  [[nodiscard]] ModuleKind kind() const { return kind_in(layer); }
};

/// One place in a module tree. Places are numbered in pre-order, the root first, and a module that
/// occurs twice has two: whether both still are one module is something to observe.
struct Place {
  const ModuleSpec* module = nullptr;
  int parent = -1;         ///< the root's
  std::string path;        ///< "", "bn", "0.bn"
  int same_module_as = 0;  ///< the first place of this module: its own number, or a smaller one
  int end = 0;             ///< one past the last place below it
};

/// Every place of the tree under `root`, the root first.
[[nodiscard]] std::vector<Place> places(const ModuleSpec& root);

}  // namespace normdiff::reference
