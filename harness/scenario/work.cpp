#include "harness/scenario/work.hpp"

#include <algorithm>

namespace normdiff {
namespace {

constexpr double per_element = 16;

/// Adds the work of a tree to `work` and makes `shape` that of its output. False where it would be
/// refused for its sizes.
bool walk(const reference::ModuleSpec& module, Shape& shape, Work& work) {
  if (is_container(module.layer))
    return std::all_of(module.children.begin(), module.children.end(),
                       [&](const auto& child) { return walk(*child.module, shape, work); });
  return reference::visit_leaf<bool>(module.layer, [&](const auto& layer) {
    const std::optional<Shape> out = layer.out(shape);
    if (!out) return false;
    const reference::Products products = layer.products(shape, *out);
    work.forward += products.forward + per_element * elements(*out);
    work.backward += products.backward + 2 * per_element * elements(*out);
    shape = *out;
    return true;
  });
}

/// A forward of the tree at `module` on `input` does this, and its backward. Nothing runs on the
/// result of a forward that is refused.
Work work_on(const Scope& scope, ModuleRef module, NameId input) {
  const std::optional<Shape>& shape = scope[input].shape;
  return shape ? work_of(*scope.place(module).module, *shape) : Work{};
}

template <class S>
double work_by(const Scenario& scenario, const Scope& scope, const S& step) {
  double work = 0;
  if constexpr (S::effect.forwards > 0)
    work += S::effect.forwards * work_on(scope, module_of(step)->it, input_of(step)->it).forward;
  if constexpr (S::effect.backwards > 0) {
    // Through every forward that its result came from.
    NameId from = operand_of(step, Takes::differentiable)->it;
    while (scope[from].differentiable) {
      const auto& forward = definition<Forward>(scenario, scope, from);
      work += S::effect.backwards * work_on(scope, forward.module, forward.input).backward;
      from = forward.input;
    }
  }
  return work;
}

}  // namespace

Work work_of(const reference::ModuleSpec& tree, const Shape& input) {
  Work work;
  Shape shape = input;
  walk(tree, shape, work);
  return work;
}

std::optional<Shape> output_shape(const reference::ModuleSpec& tree, const Shape& input) {
  Work work;
  Shape shape = input;
  if (!walk(tree, shape, work)) return std::nullopt;
  return shape;
}

double work_of(const Scenario& scenario, const Scope& scope, const Step& step) {
  return std::visit([&](const auto& s) { return work_by(scenario, scope, s); }, step);
}

}  // namespace normdiff
