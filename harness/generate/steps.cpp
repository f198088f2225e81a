#include <algorithm>

#include "harness/generate/generator.hpp"

// One function for each kind of step: chooses its fields, and keeps the abstract view true.
namespace normdiff {

// --- Choosing ----------------------------------------------------------------------------------

NameId Generator::name(std::string_view prefix, int& count) {
  if (names_used_ == out_->names.size()) out_->names.emplace_back();
  std::string& text = out_->names[names_used_];
  text = prefix;
  if (++count > 1) text += std::to_string(count);
  return static_cast<NameId>(names_used_++);
}

int Generator::count(NameKind kind) const {
  return static_cast<int>(std::count_if(trees_.begin(), trees_.end(),
                                        [&](const Tree& tree) { return tree.kind == kind; }));
}

int Generator::any_tree(NameKind kind) {
  const int n = count(kind);
  if (n == 0) return -1;
  int skip = between(0, n - 1);
  for (std::size_t i = 0; i < trees_.size(); ++i)
    if (trees_[i].kind == kind && skip-- == 0) return static_cast<int>(i);
  return -1;
}

Target Generator::any_batch_norm() {
  // Every network has one.
  const Tree& tree = trees_[static_cast<std::size_t>(any_tree(NameKind::module))];
  chosen_.clear();
  for (std::size_t i = 0; i < tree.parts.size(); ++i)
    if (tree.parts[i].batch_norm) chosen_.push_back(static_cast<int>(i));
  return {static_cast<int>(&tree - trees_.data()), chosen_[random_.below(chosen_.size())]};
}

Target Generator::any_eager(double root_share) {
  if (!random_.chance(root_share)) return any_batch_norm();
  return {any_tree(NameKind::module), 0};
}

const Signature& Generator::takes(Target target) const {
  const Tree& tree = trees_[static_cast<std::size_t>(target.tree)];
  return target.part == 0 ? tree.takes : tree.parts[static_cast<std::size_t>(target.part)].takes;
}

ModuleRef Generator::ref(Target target) const {
  const Tree& tree = trees_[static_cast<std::size_t>(target.tree)];
  return {tree.name, tree.parts[static_cast<std::size_t>(target.part)].place};
}

// --- State -------------------------------------------------------------------------------------

void Generator::construct() {
  if (!is(Profile::bench) && random_.chance(0.08))
    shared_network();
  else
    network();
  const Tree tree = trees_.back();
  Group& group = groups_[static_cast<std::size_t>(tree.group)];
  const double share = is(Profile::modes) ? 0.85 : is(Profile::exports) ? 0.0 : 0.35;
  if (random_.chance(share)) {
    push(CastTo{{tree.name, 0}, DType::float64});
    group.dtype = DType::float64;
  }
}

void Generator::train() {
  const bool script = count(NameKind::script) > 0 && random_.chance(0.3);
  const Target target = script ? Target{any_tree(NameKind::script), 0} : any_eager(0.5);
  push(Train{ref(target), random_.chance(0.5)});
}

void Generator::set_training() {
  push(SetTraining{ref(any_eager(0.4)), random_.chance(0.5)});
}

void Generator::set_momentum() {
  static constexpr std::array<double, 7> values = {0.1, 0, 1, -1.2, 2, 0.3, 0.5};
  SetMomentum step{ref(any_batch_norm()), std::nullopt};
  if (!random_.chance(0.25)) step.value = one_of(values);
  push(step);
}

void Generator::set_eps() {
  static constexpr std::array<double, 5> values = {1e-5, 0.1, 1, 0.001, 1e-12};
  const Target target = any_batch_norm();
  const double value = one_of(values);
  push(SetEps{ref(target), value});
  // It may be in other places, and under other names.
  const Tree& tree = trees_[static_cast<std::size_t>(target.tree)];
  const std::uint16_t module = tree.parts[static_cast<std::size_t>(target.part)].module;
  const int group = tree.group;
  for (Tree& other : trees_)
    for (Part& part : other.parts)
      if (other.group == group && part.module == module) part.eps = value;
}

void Generator::set_track_running_stats() {
  push(SetTrackRunningStats{ref(any_batch_norm()), random_.chance(0.4)});
}

void Generator::fill() {
  const Tree& tree = trees_[static_cast<std::size_t>(any_tree(NameKind::module))];
  std::array<std::pair<int, TensorSlot>, 64> choices;
  std::size_t n = 0;
  const auto offer = [&](std::size_t part, bool has, TensorSlot slot) {
    if (has && n < choices.size()) choices[n++] = {static_cast<int>(part), slot};
  };
  for (std::size_t i = 0; i < tree.parts.size(); ++i) {
    offer(i, tree.parts[i].weight, TensorSlot::weight);
    offer(i, tree.parts[i].bias, TensorSlot::bias);
    offer(i, tree.parts[i].running, TensorSlot::running_mean);
    offer(i, tree.parts[i].running, TensorSlot::running_var);
    offer(i, tree.parts[i].running, TensorSlot::num_batches_tracked);
  }
  if (n == 0) return;
  const auto [part, slot] = choices[random_.below(n)];
  const Target target{static_cast<int>(&tree - trees_.data()), part};
  Fill step{ref(target), slot, slot_data(slot), 0};
  step.seed = seed_of(step.data);
  push(std::move(step));
  ++groups_[static_cast<std::size_t>(tree.group)].version;
}

void Generator::reset() {
  const Target target = any_batch_norm();
  push(ResetRunningStats{ref(target)});
  ++groups_[static_cast<std::size_t>(trees_[static_cast<std::size_t>(target.tree)].group)].version;
}

void Generator::cast() {
  const Tree& tree = trees_[static_cast<std::size_t>(any_tree(NameKind::module))];
  Group& group = groups_[static_cast<std::size_t>(tree.group)];
  group.dtype = group.dtype == DType::float32 ? DType::float64 : DType::float32;
  ++group.version;
  // The root: parts of different dtypes can't run after one another. What it shares is all it has
  // where it shares anything.
  push(CastTo{{tree.name, 0}, group.dtype});
}

void Generator::zero_grad() {
  push(ZeroGrad{ref(any_eager(0.8))});
}

void Generator::deepcopy() {
  const Target target = any_eager(0.85);
  Tree copy = trees_[static_cast<std::size_t>(target.tree)];
  if (target.part != 0) {
    Part part = copy.parts[static_cast<std::size_t>(target.part)];
    part.place = 0;
    copy.takes = part.takes;
    copy.parameters = part.weight;
    copy.parts.assign(1, part);
    copy.structure = structures_++;
  }
  groups_.push_back({groups_[static_cast<std::size_t>(copy.group)].dtype, 0});
  copy.group = static_cast<int>(groups_.size()) - 1;
  copy.name = name("b", copies_);
  push(DeepCopy{copy.name, ref(target)});
  trees_.push_back(std::move(copy));
}

void Generator::load_state_dict() {
  load_state_dict(true);
}

void Generator::load_state_dict(bool fitting) {
  const int target = any_tree(NameKind::module);
  const Tree& to = trees_[static_cast<std::size_t>(target)];
  chosen_.clear();
  for (std::size_t i = 0; i < trees_.size(); ++i)
    if (trees_[i].kind == NameKind::module && static_cast<int>(i) != target &&
        (trees_[i].structure == to.structure) == fitting)
      chosen_.push_back(static_cast<int>(i));
  if (chosen_.empty()) return;
  const Tree& from = trees_[static_cast<std::size_t>(chosen_[random_.below(chosen_.size())])];
  push(LoadStateDict{{to.name, 0}, {from.name, 0}});
  ++groups_[static_cast<std::size_t>(to.group)].version;
}

void Generator::input() {
  const Target target = any_eager(0.85);
  const DType dtype =
      groups_[static_cast<std::size_t>(trees_[static_cast<std::size_t>(target.tree)].group)].dtype;
  make_tensor(shape_for(takes(target)), dtype, false);
}

// --- Forward and backward ----------------------------------------------------------------------

void Generator::forward() {
  Target target = any_eager(0.85);
  const int scripts = count(NameKind::script);
  const int artefacts = count(NameKind::artefact);
  if (scripts + artefacts > 0 && random_.chance(0.5))
    target = {any_tree(between(1, scripts + artefacts) <= scripts ? NameKind::script
                                                                  : NameKind::artefact),
              0};
  forward(target, tensor_for(target), true);
}

void Generator::forward(Target target, const MadeTensor& input, bool good) {
  const Tree& tree = trees_[static_cast<std::size_t>(target.tree)];
  Forward step;
  step.result = name("y", outputs_);
  step.module = ref(target);
  step.input = input.name;
  step.grad = tree.kind == NameKind::artefact || !random_.chance(0.15);
  const bool parameters =
      target.part == 0 ? tree.parameters : tree.parts[static_cast<std::size_t>(target.part)].weight;
  MadeResult made{step.result, tree.group, groups_[static_cast<std::size_t>(tree.group)].version,
                  false, false};
  made.backward = good && step.grad && tree.kind != NameKind::artefact && input.shape[0] > 0 &&
                  (parameters || input.requires_grad);
  results_.push_back(made);
  push(step);
}

void Generator::backward() {
  chosen_.clear();
  for (std::size_t i = 0; i < results_.size(); ++i) {
    const Group& group = groups_[static_cast<std::size_t>(results_[i].group)];
    if (results_[i].backward && !results_[i].freed && results_[i].version == group.version)
      chosen_.push_back(static_cast<int>(i));
  }
  if (chosen_.empty()) {
    const Target target = any_eager(0.85);
    const MadeTensor& input = tensor_for(target);
    return forward(target, input, true);
  }
  // The latest more often than older ones.
  const bool latest = random_.chance(0.6);
  const int chosen = latest ? chosen_.back() : chosen_[random_.below(chosen_.size())];
  MadeResult& result = results_[static_cast<std::size_t>(chosen)];
  Backward step;
  step.output = result.name;
  step.gradient = random_.chance(0.8) ? Data{Rule{RuleKind::normal, 0, 1}}
                                      : Data{Rule{RuleKind::uniform, -1, 2}};
  step.seed = seed_of(step.gradient);
  step.retain_graph = random_.chance(0.2);
  result.freed = !step.retain_graph;
  push(std::move(step));
}

// --- TorchScript and ONNX ----------------------------------------------------------------------

/// What a transform made of a module: nothing inside it has a name.
Tree& Generator::derived_tree(Target target, NameKind kind, NameId result) {
  Tree made = trees_[static_cast<std::size_t>(target.tree)];
  made.name = result;
  made.kind = kind;
  made.takes = takes(target);
  made.parts.resize(1);
  made.parts[0].place = 0;
  return trees_.emplace_back(std::move(made));
}

void Generator::trace() {
  const Target target = any_eager(0.95);
  const NameId input = tensor_for(target).name;
  const JitTrace step{name("s", scripts_), ref(target), input, random_.chance(0.4)};
  push(step);
  derived_tree(target, NameKind::script, step.result);
}

void Generator::script() {
  const Target target = any_eager(0.95);
  const JitScript step{name("s", scripts_), ref(target)};
  push(step);
  derived_tree(target, NameKind::script, step.result);
}

void Generator::save_load() {
  Tree made = trees_[static_cast<std::size_t>(any_tree(NameKind::script))];
  JitSaveLoad step{name("s", scripts_), made.name};
  made.name = step.result;
  groups_.push_back({groups_[static_cast<std::size_t>(made.group)].dtype, 0});
  made.group = static_cast<int>(groups_.size()) - 1;
  push(step);
  trees_.push_back(std::move(made));
}

void Generator::onnx_export() {
  onnx_export(true);
}

void Generator::onnx_export(bool good) {
  const Target target = any_eager(0.9);
  const MadeTensor& input = tensor_for(target);
  OnnxExport step;
  step.result = name("m", artefacts_);
  step.module = ref(target);
  step.input = input.name;
  step.training = static_cast<ExportMode>(random_.chance(0.5) ? 0 : between(1, 2));
  step.opset_version = good ? between(13, 20) : 99;
  step.do_constant_folding = !random_.chance(0.2);
  push(step);
  if (good) derived_tree(target, NameKind::artefact, step.result).only = input.shape;
}

// --- Wrong on purpose --------------------------------------------------------------------------

void Generator::wrong_input() {
  const Target target = any_eager(0.8);
  const DType dtype =
      groups_[static_cast<std::size_t>(trees_[static_cast<std::size_t>(target.tree)].group)].dtype;
  Signature wrong = takes(target);
  const std::uint64_t how = random_.below(3);
  if (how == 0) wrong.rank = wrong.rank == 5 ? 3 : wrong.rank == 4 ? 3 : 4;
  if (how == 1) ++wrong.channels;
  const DType other = dtype == DType::float32 ? DType::float64 : DType::float32;
  Shape shape = shape_for(wrong);
  if (shape[0] == 0) shape[0] = 2;
  forward(target, make_tensor(shape, how == 2 ? other : dtype, true), false);
}

void Generator::single_value() {
  const Target target = any_batch_norm();
  const Tree& tree = trees_[static_cast<std::size_t>(target.tree)];
  const Signature& wanted = tree.parts[static_cast<std::size_t>(target.part)].takes;
  Shape shape{1, wanted.channels};
  for (int i = 0; i < wanted.rank - 2; ++i) shape.push_back(1);
  push(Train{ref(target), true});
  forward(target, make_tensor(shape, groups_[static_cast<std::size_t>(tree.group)].dtype, true),
          false);
}

/// Of a result whose graph is freed, where there is one.
void Generator::second_backward() {
  chosen_.clear();
  for (std::size_t i = 0; i < results_.size(); ++i) {
    const Group& group = groups_[static_cast<std::size_t>(results_[i].group)];
    if (results_[i].freed && results_[i].version == group.version)
      chosen_.push_back(static_cast<int>(i));
  }
  if (chosen_.empty()) return backward();
  const std::size_t chosen = static_cast<std::size_t>(chosen_[random_.below(chosen_.size())]);
  push(Backward{results_[chosen].name, Rule{RuleKind::normal, 0, 1}, random_.below(1000), false});
}

void Generator::wrong_eps() {
  const Target target = any_batch_norm();
  const double before = trees_[static_cast<std::size_t>(target.tree)]
                            .parts[static_cast<std::size_t>(target.part)]
                            .eps;
  const MadeTensor input = tensor_for(target);
  push(SetEps{ref(target), random_.chance(0.5) ? 0 : -0.001});
  forward(target, input, false);
  push(SetEps{ref(target), before});
}

}  // namespace normdiff
