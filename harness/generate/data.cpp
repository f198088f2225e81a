#include <algorithm>

#include "harness/generate/generator.hpp"

// Inputs that fit a module, and the values of inputs and fills.
namespace normdiff {
namespace {

/// A few exact numbers, again and again.
Data literal_data(std::int64_t elements) {
  static const Literal few{1, -2, 0.5, 3, -0.25};
  Literal list(static_cast<std::size_t>(elements));
  for (std::size_t i = 0; i < list.size(); ++i) list[i] = few[i % few.size()];
  return list;
}

}  // namespace

Shape Generator::shape_for(const Signature& takes) {
  const bool numerics = is(Profile::numerics);
  int batch = between(2, numerics || is(Profile::bench) ? 6 : 4);
  if (takes.single && random_.chance(0.12)) batch = 1;
  if (random_.chance(0.02) && (numerics || is(Profile::modes))) batch = 0;
  Shape shape{batch, takes.channels};
  const int most = takes.rank == 5 ? 3 : numerics ? 5 : 4;
  for (int i = 0; i < takes.rank - 2; ++i) {
    const int least = takes.spatial[static_cast<std::size_t>(i)];
    const bool larger = !takes.fixed && least < most && random_.chance(0.5);
    shape.push_back(larger ? between(least, most) : least);
  }
  return shape;
}

bool Generator::fits(const Tree& tree, const Signature& takes, const MadeTensor& x) const {
  if (x.dtype != groups_[static_cast<std::size_t>(tree.group)].dtype) return false;
  if (tree.kind == NameKind::artefact) return x.shape == tree.only;
  if (x.shape.rank() != takes.rank || x.shape[1] != takes.channels) return false;
  if (x.shape[0] == 1 && !takes.single) return false;
  for (int i = 0; i < takes.rank - 2; ++i) {
    const int least = takes.spatial[static_cast<std::size_t>(i)];
    if (x.shape[i + 2] < least || (takes.fixed && x.shape[i + 2] != least)) return false;
  }
  return true;
}

const MadeTensor& Generator::tensor_for(Target target) {
  const Tree& tree = trees_[static_cast<std::size_t>(target.tree)];
  const Signature& wanted = takes(target);
  chosen_.clear();
  for (std::size_t i = 0; i < tensors_.size(); ++i)
    if (fits(tree, wanted, tensors_[i])) chosen_.push_back(static_cast<int>(i));
  const double again = is(Profile::bench) ? 0.9 : 0.7;
  if (!chosen_.empty() && random_.chance(again))
    return tensors_[static_cast<std::size_t>(chosen_[random_.below(chosen_.size())])];
  const Shape shape = tree.kind == NameKind::artefact ? tree.only : shape_for(wanted);
  return make_tensor(shape, groups_[static_cast<std::size_t>(tree.group)].dtype, false);
}

const MadeTensor& Generator::make_tensor(const Shape& shape, DType dtype, bool plain) {
  MakeTensor step;
  step.result = name("x", inputs_);
  step.shape = shape;
  step.data = plain ? Data{Rule{RuleKind::normal, 0, 1}} : input_data(shape.numel());
  step.seed = seed_of(step.data);
  step.dtype = dtype;
  if (shape.rank() == 4 && !plain) {
    const std::uint64_t layout = random_.below(4);
    if (layout == 0) step.memory_format = Layout::channels_last;
    if (layout == 1) step.memory_format = Layout::strided;
  }
  const double share = is(Profile::exports) ? 0.05 : is(Profile::modes) ? 0.2 : 0.5;
  step.requires_grad = !plain && random_.chance(share);
  const MadeTensor made{step.result, shape, dtype, step.requires_grad};
  push(std::move(step));
  return tensors_.emplace_back(made);
}

std::uint64_t Generator::seed_of(const Data& data) {
  const Rule* rule = std::get_if<Rule>(&data);
  if (rule == nullptr) return 0;
  switch (rule->kind) {
    case RuleKind::constant:
    case RuleKind::arange:
    case RuleKind::ramp:
    case RuleKind::alternating:
      return 0;  // nothing is drawn
    default:
      return random_.below(1000);
  }
}

Data Generator::input_data(std::int64_t elements) {
  if (is(Profile::bench)) return Rule{RuleKind::normal, 0, 1};
  const std::uint64_t draw = random_.below(100);
  if (!is(Profile::numerics)) {
    if (draw < 60) return Rule{RuleKind::normal, 0, 1};
    if (draw < 80) return Rule{RuleKind::uniform, -2, 3};
    if (draw < 88) return Rule{RuleKind::normal, 3, 0.5};
    if (draw < 94) return Rule{RuleKind::ramp, -1, 2};
    return literal_data(elements);
  }
  static constexpr std::array<double, 4> means = {10, 100, -1000, 1e5};
  if (draw < 35) return Rule{RuleKind::normal, 0, 1};
  if (draw < 50) return Rule{RuleKind::uniform, -1, 1};
  if (draw < 65) return Rule{RuleKind::offset, one_of(means), random_.chance(0.5) ? 1.0 : 0.01};
  if (draw < 72) return Rule{RuleKind::spike, 1, random_.chance(0.5) ? 100.0 : 1e6};
  if (draw < 78) return Rule{RuleKind::log_uniform, 1e-3, 1e3};
  if (draw < 84) return Rule{RuleKind::alternating, 1.5, 0};
  if (draw < 89) return Rule{RuleKind::ramp, -1, 3};
  if (draw < 93) return Rule{RuleKind::arange, -2, 0.125};
  if (draw < 96) return Rule{RuleKind::constant, 2.5, 0};
  if (draw < 97) return Rule{RuleKind::special, 0.1, 0};
  if (draw < 98) return Rule{RuleKind::normal, 0, 1e-4};
  return literal_data(elements);
}

Data Generator::slot_data(TensorSlot slot) {
  static constexpr std::array<double, 4> counts = {0, 1, 7, 1000};
  const bool other = random_.chance(0.3);
  switch (slot) {
    case TensorSlot::weight:
      if (other) return Rule{RuleKind::alternating, -1.5, 0};
      return Rule{RuleKind::uniform, -2, 2};
    case TensorSlot::bias:
      return Rule{RuleKind::normal, 0, 1};
    case TensorSlot::running_mean:
      if (other && is(Profile::numerics)) return Rule{RuleKind::offset, 100, 1};
      return Rule{RuleKind::normal, 0, 2};
    case TensorSlot::running_var:
      if (other) return Rule{RuleKind::log_uniform, 0.001, 10};
      return Rule{RuleKind::uniform, 0.1, 3};
    case TensorSlot::num_batches_tracked:
      return Rule{RuleKind::constant, one_of(counts), 0};
  }
  return Rule{};
}

}  // namespace normdiff
