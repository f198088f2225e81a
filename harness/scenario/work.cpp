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

/// By kind of step.
class Worker {
 public:
  Worker(const Scenario& scenario, const Scope& scope) : scenario_(scenario), scope_(scope) {}

  template <class S>
  double operator()(const S&) const {
    return 0;
  }
  double operator()(const Forward& step) const { return of(step).forward; }
  double operator()(const Backward& step) const {
    return of(definition<Forward>(scenario_, scope_, step.output)).backward;
  }
  double operator()(const JitTrace& step) const { return 5 * of(step).forward; }
  double operator()(const OnnxExport& step) const { return 2 * of(step).forward; }

 private:
  /// Of a step that runs a module on a tensor.
  template <class S>
  [[nodiscard]] Work of(const S& step) const {
    return work_of(*scope_.place(step.module).module,
                   definition<MakeTensor>(scenario_, scope_, step.input).shape);
  }

  const Scenario& scenario_;
  const Scope& scope_;
};

}  // namespace

Work work_of(const reference::ModuleSpec& tree, const Shape& input) {
  Work work;
  Shape shape = input;
  walk(tree, shape, work);
  return work;
}

std::optional<double> elements_of_output(const reference::ModuleSpec& tree, const Shape& input) {
  Work work;
  Shape shape = input;
  if (!walk(tree, shape, work)) return std::nullopt;
  return elements(shape);
}

double work_of(const Scenario& scenario, const Scope& scope, const Step& step) {
  return std::visit(Worker(scenario, scope), step);
}

}  // namespace normdiff
