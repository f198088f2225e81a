#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "reference/enums.hpp"

namespace normdiff::reference {

enum class ModuleKind : std::uint8_t {
  Sequential,
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  Conv2d,
  Linear,
  ReLU,
  Flatten,
};
/// As torch.nn spells them.
template <>
inline constexpr Names<ModuleKind> names_of<ModuleKind> = {
    "Sequential", "BatchNorm1d", "BatchNorm2d", "BatchNorm3d",
    "Conv2d",     "Linear",      "ReLU",        "Flatten"};
[[nodiscard]] bool is_batch_norm(ModuleKind kind);

struct BatchNormOptions {
  std::int64_t num_features = 1;
  double eps = 1e-5;
  std::optional<double> momentum = 0.1;  ///< nullopt: None, a cumulative average
  bool affine = true;
  bool track_running_stats = true;
};

struct Conv2dOptions {
  std::int64_t in_channels = 1;
  std::int64_t out_channels = 1;
  std::int64_t kernel_size = 1;
  std::int64_t stride = 1;
  std::int64_t padding = 0;
  bool bias = true;
};

struct LinearOptions {
  std::int64_t in_features = 1;
  std::int64_t out_features = 1;
  bool bias = true;
};

using ModuleOptions = std::variant<std::monostate, BatchNormOptions, Conv2dOptions, LinearOptions>;

struct ModuleSpec;
using ModuleSpecPtr = std::shared_ptr<const ModuleSpec>;

/// What a module is made from. A tree; a spec that occurs twice is one module in two places.
struct ModuleSpec {
  struct Child {
    std::string name;  ///< unnamed children of a Sequential are "0", "1", ...
    ModuleSpecPtr module;
  };

  ModuleKind kind = ModuleKind::Sequential;
  ModuleOptions options;        ///< the alternative that belongs to `kind`
  std::vector<Child> children;  ///< of a Sequential, in order
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
