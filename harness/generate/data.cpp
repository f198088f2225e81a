#include <algorithm>

#include "harness/generate/draft.hpp"

// Inputs that fit a module, and their values.
namespace normdiff {
namespace {

/// A few exact numbers, again and again.
Data literal_data(std::int64_t elements) {
  static const Literal few{1, -2, 0.5, 3, -0.25};
  Literal list(static_cast<std::size_t>(elements));
  for (std::size_t i = 0; i < list.size(); ++i) list[i] = few[i % few.size()];
  return list;
}

bool fit(const InputSizes& takes, const Shape& shape) {
  const int channels = takes.unbatched && shape.rank() == takes.rank - 1 ? 0 : 1;
  if (shape.rank() != takes.rank - 1 + channels || shape[channels] != takes.channels) return false;
  if (channels == 1 && shape[0] == 1 && !takes.single) return false;
  for (int i = 0; i < takes.rank - 2; ++i) {
    const int least = takes.spatial[static_cast<std::size_t>(i)];
    const std::int64_t size = shape[channels + 1 + i];
    if (size < least || (takes.fixed && size != least)) return false;
  }
  return true;
}

}  // namespace

Shape Draft::shape_for(const InputSizes& takes) {
  const bool numerics = is(Profile::numerics);
  int batch = between(2, numerics || is(Profile::bench) ? 6 : 4);
  if (takes.single && random.chance(0.12)) batch = 1;
  if (random.chance(0.02) && (numerics || is(Profile::modes))) batch = 0;
  Shape shape;
  if (!takes.unbatched || !random.chance(0.15)) shape.push_back(batch);
  shape.push_back(takes.channels);
  const int most = takes.rank == 5 ? 3 : numerics ? 5 : 4;
  for (int i = 0; i < takes.rank - 2; ++i) {
    const int least = takes.spatial[static_cast<std::size_t>(i)];
    const bool larger = !takes.fixed && least < most && random.chance(0.5);
    shape.push_back(larger ? between(least, most) : least);
  }
  return shape;
}

bool Draft::fits(DraftedPath path, const DraftedTensor& tensor) const {
  const DraftedTree& tree = trees[path.tree];
  if (tensor.dtype != groups[tree.group].dtype) return false;
  return tree.kind == NameKind::artefact ? tensor.shape == tree.only
                                         : fit(takes(path), tensor.shape);
}

const DraftedTensor& Draft::tensor_for(DraftedPath path) {
  const DraftedTree& tree = trees[path.tree];
  const std::vector<std::size_t> fitting =
      indices_where(tensors, [&](const DraftedTensor& x) { return fits(path, x); });
  const double again = is(Profile::bench) ? 0.9 : 0.7;
  if (!fitting.empty() && random.chance(again)) return tensors[one_of(fitting)];
  const Shape shape = tree.kind == NameKind::artefact ? tree.only : shape_for(takes(path));
  return make_tensor(shape, group(path).dtype, false);
}

std::optional<DraftedTensor> Draft::result_for(DraftedPath path) {
  const std::vector<std::size_t> fitting =
      indices_where(results, [&](const DraftedResult& result) { return fits(path, result.value); });
  if (fitting.empty()) return std::nullopt;
  return results[one_of(fitting)].value;
}

const DraftedTensor& Draft::make_tensor(const Shape& shape, DType dtype, bool plain) {
  MakeTensor step;
  step.result = name(NameStem::tensor);
  step.shape = shape;
  step.data = plain ? Data{Rule{RuleKind::normal, 0, 1}} : input_data(shape.numel());
  step.seed = seed_of(step.data);
  step.dtype = dtype;
  if (shape.rank() == 4 && !plain) {
    const std::uint64_t layout = random.below(4);
    if (layout == 0) step.memory_format = Layout::channels_last;
    if (layout == 1) step.memory_format = Layout::strided;
  }
  const double share = exports() ? 0.05 : is(Profile::modes) ? 0.2 : 0.5;
  step.requires_grad = !plain && random.chance(share);
  const DraftedTensor made{step.result, shape, dtype, step.requires_grad};
  push(std::move(step));
  return tensors.emplace_back(made);
}

std::uint64_t Draft::seed_of(const Data& data) {
  const Rule* rule = std::get_if<Rule>(&data);
  if (rule == nullptr) return 0;
  switch (rule->kind) {
    case RuleKind::constant:
    case RuleKind::arange:
    case RuleKind::ramp:
    case RuleKind::alternating:
      return 0;  // nothing is drawn
    default:
      return random.below(1000);
  }
}

Data Draft::input_data(std::int64_t elements) {
  if (is(Profile::bench)) return Rule{RuleKind::normal, 0, 1};
  const std::uint64_t draw = random.below(100);
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
  if (draw < 65) return Rule{RuleKind::offset, one_of(means), random.chance(0.5) ? 1.0 : 0.01};
  if (draw < 72) return Rule{RuleKind::spike, 1, random.chance(0.5) ? 100.0 : 1e6};
  if (draw < 78) return Rule{RuleKind::log_uniform, 1e-3, 1e3};
  if (draw < 84) return Rule{RuleKind::alternating, 1.5, 0};
  if (draw < 89) return Rule{RuleKind::ramp, -1, 3};
  if (draw < 93) return Rule{RuleKind::arange, -2, 0.125};
  if (draw < 96) return Rule{RuleKind::constant, 2.5, 0};
  if (draw < 97) return Rule{RuleKind::special, 0.1, 0};
  if (draw < 98) return Rule{RuleKind::normal, 0, 1e-4};
  return literal_data(elements);
}

}  // namespace normdiff
