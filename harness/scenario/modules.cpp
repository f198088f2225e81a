#include "harness/scenario/modules.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace normdiff {
namespace {

/// Copies made so far, so that a module that occurs twice is copied once. Trees are small.
using Copies = std::vector<std::pair<const ModuleSpec*, ModuleSpecPtr>>;

ModuleSpecPtr copy_into(const ModuleSpec& original, Copies& copies) {
  for (const auto& [from, to] : copies)
    if (from == &original) return to;
  auto copy = std::make_shared<ModuleSpec>();
  copy->layer = original.layer;
  copy->children.reserve(original.children.size());
  for (const ModuleSpec::Child& child : original.children)
    copy->children.push_back({child.name, copy_into(*child.module, copies)});
  copies.emplace_back(&original, copy);
  return copy;
}

std::uint64_t mixed(std::uint64_t key, std::uint64_t part) {
  return random_bits(key, part);
}

}  // namespace

ModuleSpecPtr build(const ModuleExpression& expression, const Scope& scope) {
  auto spec = std::make_shared<ModuleSpec>();
  spec->layer = expression.layer;
  spec->children.reserve(expression.children.size());
  for (const ModuleExpression::Child& child : expression.children) {
    if (const NameId* name = std::get_if<NameId>(&child.module))
      spec->children.push_back({child.name, scope.spec(*name)});
    else
      spec->children.push_back(
          {child.name, build(std::get<ModuleExpression>(child.module), scope)});
  }
  return spec;
}

ModuleSpecPtr copy_tree(const ModuleSpec& original) {
  Copies copies;
  return copy_into(original, copies);
}

std::int64_t elements_of(const reference::Layer& layer) {
  std::int64_t count = 0;
  visit_tensors(layer,
                [&count](const reference::FreshTensor& fresh) { count += fresh.shape.numel(); });
  return count;
}

std::optional<std::string> size_problem(const reference::Layer& layer) {
  std::optional<std::string> problem;
  visit_tensors(layer, [&problem](const reference::FreshTensor& fresh) {
    const double count = elements(fresh.shape);
    if (!problem && count > static_cast<double>(max_tensor_elements))
      problem =
          fmt::format("its {} would have {} elements, and a tensor has at most {}; make it smaller",
                      to_string(fresh.slot), count, max_tensor_elements);
  });
  return problem;
}

std::optional<Shape> fresh_shape(const ModuleSpec& module, TensorSlot slot) {
  const auto fresh = fresh_tensor(module.layer, slot);
  return fresh ? std::optional(fresh->shape) : std::nullopt;
}

void initial_values(const Scenario& scenario, int step, int place, const ModuleSpec& module,
                    TensorSlot slot, float* out) {
  const std::optional<Shape> shape = fresh_shape(module, slot);
  if (!shape) return;
  const Shape weight = *fresh_shape(module, TensorSlot::weight);
  double fan_in = 1;
  for (int i = 1; i < weight.rank(); ++i) fan_in *= static_cast<double>(weight[i]);
  const double limit = fan_in > 0 ? 1.0 / std::sqrt(fan_in) : 0.0;
  std::uint64_t key = mixed(scenario.seed, static_cast<std::uint64_t>(step));
  key = mixed(key, static_cast<std::uint64_t>(place));
  key = mixed(key, static_cast<std::uint64_t>(slot));
  make_data(Rule{RuleKind::uniform, -limit, limit}, key, shape->numel(), DType::float32, out);
}

}  // namespace normdiff
