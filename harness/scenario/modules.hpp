#pragma once

#include <optional>
#include <string>

#include "harness/language/scenario.hpp"
#include "harness/scenario/scope.hpp"

namespace normdiff {

/// Limits of one tree of modules, shared children counted at each of their places.
inline constexpr int max_tree_places = 1024;
inline constexpr int max_tree_depth = 32;
/// Places of all the names of a scenario together.
inline constexpr int max_scenario_places = 1 << 15;
/// The most elements of one tensor.
inline constexpr std::int64_t max_tensor_elements = std::int64_t{1} << 26;
/// The most elements of all tensors and trees of a scenario together: a gigabyte in float64.
inline constexpr std::int64_t max_scenario_elements = std::int64_t{1} << 27;

/// Elements of a module's parameters and buffers, its children left out.
[[nodiscard]] std::int64_t elements_of(const reference::Layer& layer);

/// The tree that an expression constructs. Named children are the modules of those names: the same
/// spec. Only for an expression without a problem.
[[nodiscard]] ModuleSpecPtr build(const ModuleExpression& expression, const Scope& scope);

/// A tree of its own for a copy: other specs, sharing as in the original.
[[nodiscard]] ModuleSpecPtr copy_tree(const ModuleSpec& original);

/// Why a layer can't be, beyond the range of each argument: a tensor of it would be too large. Else
/// its tensors can be counted.
[[nodiscard]] std::optional<std::string> size_problem(const reference::Layer& layer);

}  // namespace normdiff
