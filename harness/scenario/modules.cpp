#include "harness/scenario/modules.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace normdiff {
namespace {

using reference::BatchNormOptions;
using reference::Conv2dOptions;
using reference::LinearOptions;

/// Copies made so far, so that a module that occurs twice is copied once. Trees are small.
using Copies = std::vector<std::pair<const ModuleSpec*, ModuleSpecPtr>>;

ModuleSpecPtr copy_into(const ModuleSpec& original, Copies& copies) {
  for (const auto& [from, to] : copies)
    if (from == &original) return to;
  auto copy = std::make_shared<ModuleSpec>();
  copy->kind = original.kind;
  copy->options = original.options;
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
  spec->kind = expression.kind;
  spec->options = expression.options;
  spec->children.reserve(expression.children.size());
  for (const ModuleExpression::Child& child : expression.children) {
    if (const NameId* name = std::get_if<NameId>(&child.module))
      spec->children.push_back({child.name, scope[*name].spec});
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

namespace {

/// In doubles: the product of sizes that are too large is not too large for them.
double weight_elements(const reference::ModuleOptions& options) {
  if (const auto* conv = std::get_if<Conv2dOptions>(&options)) {
    const auto kernel = static_cast<double>(conv->kernel_size);
    return static_cast<double>(conv->in_channels) * static_cast<double>(conv->out_channels) *
           kernel * kernel;
  }
  if (const auto* linear = std::get_if<LinearOptions>(&options))
    return static_cast<double>(linear->in_features) * static_cast<double>(linear->out_features);
  return 0;
}

}  // namespace

std::int64_t elements_of(const reference::ModuleOptions& options) {
  if (const auto* norm = std::get_if<BatchNormOptions>(&options)) return 4 * norm->num_features;
  return static_cast<std::int64_t>(weight_elements(options));
}

std::optional<std::string> size_problem(const reference::ModuleOptions& options) {
  const double elements = weight_elements(options);
  if (elements <= static_cast<double>(max_tensor_elements)) return std::nullopt;
  return fmt::format(
      "its weight would have {} elements, and a tensor has at most {}; make it smaller", elements,
      max_tensor_elements);
}

std::optional<Shape> fresh_shape(const ModuleSpec& module, TensorSlot slot) {
  if (const auto* norm = std::get_if<BatchNormOptions>(&module.options)) {
    const bool parameter = slot == TensorSlot::weight || slot == TensorSlot::bias;
    if (parameter ? !norm->affine : !norm->track_running_stats) return std::nullopt;
    return slot == TensorSlot::num_batches_tracked ? Shape{} : Shape{norm->num_features};
  }
  if (const auto* conv = std::get_if<Conv2dOptions>(&module.options)) {
    if (slot == TensorSlot::weight)
      return Shape{conv->out_channels, conv->in_channels, conv->kernel_size, conv->kernel_size};
    if (slot == TensorSlot::bias && conv->bias) return Shape{conv->out_channels};
  }
  if (const auto* linear = std::get_if<LinearOptions>(&module.options)) {
    if (slot == TensorSlot::weight) return Shape{linear->out_features, linear->in_features};
    if (slot == TensorSlot::bias && linear->bias) return Shape{linear->out_features};
  }
  return std::nullopt;
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
