#include "tests/harness/check/fake_subject.hpp"

#include <algorithm>

#include "harness/scenario/plan.hpp"
#include "reference/modules/backward.hpp"
#include "reference/transforms/transforms.hpp"

// What each step does, but for the passes through a tree: fake_subject_passes.cpp.
namespace normdiff::testing {

void FakeSubject::play(const Construct& s) {
  reference::ModulePtr root = reference::construct(*scope[s.result].spec, made_);
  const auto places = reference::places(*root);
  for (std::size_t p = 0; p < places.size(); ++p) {
    if (!filled_.insert(places[p]).second) continue;
    if (!traits_of(places[p]->layer).needs_weight) continue;
    for (TensorSlot slot : {TensorSlot::weight, TensorSlot::bias})
      if (auto& tensor = places[p]->tensors[static_cast<std::size_t>(slot)])
        initial_values(scenario, step_, static_cast<int>(p), *scope[s.result].places[p].module,
                       slot, static_cast<float*>(tensor->data()));
  }
  set_tree(s.result, root);
}

void FakeSubject::play(const MakeTensor& s) {
  Thing& x = add(s.result);
  x.is_tensor = true;
  x.dtype = s.dtype;
  x.shape = s.shape;
  x.requires_grad = s.requires_grad;
  x.data.resize(static_cast<std::size_t>(s.shape.numel()) * reference::size_of(s.dtype) + 8);
  make_data(s.data, s.seed, s.shape.numel(), s.dtype, x.data.data());
  if (lied({s.result, 0, Slot::value})) spoil(x.data.data(), s.dtype, s.shape.numel());
}

void FakeSubject::play(const Train& s) {
  if (has(s.module.name)) reference::train(at(s.module), s.mode);
}

void FakeSubject::play(const SetTraining& s) {
  if (has(s.module.name)) at(s.module).training = s.value;
}

void FakeSubject::play(const SetMomentum& s) {
  if (has(s.module.name)) at(s.module).batch_norm().momentum = s.value;
}

void FakeSubject::play(const SetEps& s) {
  if (has(s.module.name)) at(s.module).batch_norm().eps = s.value;
}

void FakeSubject::play(const SetTrackRunningStats& s) {
  if (has(s.module.name)) at(s.module).batch_norm().track_running_stats = s.value;
}

void FakeSubject::play(const Fill& s) {
  if (!has(s.module.name)) return;
  reference::Tensor& tensor = *at(s.module).tensors[static_cast<std::size_t>(s.slot)];
  make_data(s.data, s.seed, tensor.numel(), tensor.dtype(), tensor.data());
}

void FakeSubject::play(const ResetRunningStats& s) {
  if (!has(s.module.name)) return;
  if (const auto refusal = reference::reset_running_stats(at(s.module))) fail(refusal->kind);
}

void FakeSubject::play(const CastTo& s) {
  if (!has(s.module.name)) return;
  std::vector<std::pair<std::optional<reference::Tensor>*, const reference::Storage*>> old;
  for (reference::Module* m : reference::places(at(s.module)))
    for (auto& tensor : m->tensors)
      if (tensor) old.emplace_back(&tensor, tensor->storage());
  std::vector<reference::Tensor> kept;  // so that no storage takes the place of an old one
  for (const auto& [tensor, before] : old) kept.push_back(**tensor);
  reference::to(at(s.module), s.dtype);
  for (const auto& [tensor, before] : old) {
    if ((*tensor)->storage() == before) continue;
    if (const auto grad = grads_.find(before); grad != grads_.end())
      grads_[(*tensor)->storage()] = grad->second.to(s.dtype);
    for (auto& [name, thing] : live_)  // a parameter stays the parameter it is
      for (reference::Module* m : thing.places)
        for (std::size_t i = 0; i < reference::parameter_slot_count; ++i)
          if (m->tensors[i] && m->tensors[i]->storage() == before) m->tensors[i] = **tensor;
  }
}

void FakeSubject::play(const ZeroGrad& s) {
  if (!has(s.module.name)) return;
  for (reference::Module* m : reference::places(at(s.module)))
    for (auto& tensor : m->tensors)
      if (tensor) grads_.erase(tensor->storage());
}

void FakeSubject::play(const DeepCopy& s) {
  if (has(s.module.name)) set_tree(s.result, reference::deepcopy(at(s.module)));
}

void FakeSubject::play(const LoadStateDict& s) {
  if (!has(s.target.name) || !has(s.source.name)) return;
  auto state = reference::state_dict(at(s.source));
  for (auto& [key, tensor] : state) tensor = tensor.clone();
  for (const auto& refusal : reference::load_state_dict(at(s.target), state)) fail(refusal.kind);
}

void FakeSubject::play(const JitTrace& s) {
  if (!has(s.module.name) || !has(s.input)) return;
  const Thing& x = live_.at(s.input);
  Walk walk{true, x.requires_grad, {x.values(), x.dtype, {}}, {}, nullptr, {}, 0};
  if (!run_leaves(at(s.module), walk)) return fail(walk.refusals.front().kind);
  set_tree(s.result, reference::trace(at(s.module), walk.ranks));
}

void FakeSubject::play(const JitScript& s) {
  if (has(s.module.name)) set_tree(s.result, reference::script(at(s.module)));
}

void FakeSubject::play(const JitSaveLoad& s) {
  if (has(s.script)) set_tree(s.result, reference::save_load(*live_.at(s.script).root));
}

void FakeSubject::play(const OnnxExport& s) {
  if (!has(s.module.name) || !has(s.input)) return;
  if (s.opset_version < 6 || s.opset_version > 23) return fail(reference::ErrorKind::bad_opset);
  const auto mode = s.training == ExportMode::EVAL       ? reference::ExportMode::eval
                    : s.training == ExportMode::PRESERVE ? reference::ExportMode::preserve
                                                         : reference::ExportMode::training;
  Thing made;
  made.exported = reference::onnx_export(at(s.module), mode);
  const Thing& x = live_.at(s.input);
  const reference::ModulePtr trial = reference::deepcopy(*made.exported->model);
  Walk walk{false, false, {x.values(), x.dtype, {}}, {}, nullptr, {}, 0};
  if (!run_leaves(*trial, walk)) return fail(walk.refusals.front().kind);
  made.shape = x.shape;
  made.dtype = x.dtype;
  add(s.result) = made;
  if (folds)
    made.exported->batch_norms.erase(
        std::remove_if(made.exported->batch_norms.begin(), made.exported->batch_norms.end(),
                       [](const auto& bn) { return bn.may_be_folded; }),
        made.exported->batch_norms.end());
  const auto norms = made.exported->batch_norms;
  shown_.push_back([this, s, norms] {
    const auto integer = [&](std::size_t place, Slot slot, std::int64_t value) {
      const Key key{s.result, static_cast<std::uint16_t>(place), slot};
      recorder_.integer(key, lied(key) ? value + 1 : value);
    };
    const auto number = [&](std::size_t place, Slot slot, double value) {
      const Key key{s.result, static_cast<std::uint16_t>(place), slot};
      recorder_.number(key, static_cast<double>(static_cast<float>(lied(key) ? value * 2 : value)));
    };
    integer(0, Slot::onnx_batch_norms, static_cast<std::int64_t>(norms.size()));
    for (std::size_t i = 0; i < norms.size(); ++i) {
      const bool attribute = s.opset_version >= 14;  // before it, 5 outputs say the same
      integer(i, Slot::onnx_training_mode, norms[i].training && attribute ? 1 : 0);
      integer(i, Slot::onnx_outputs, !norms[i].training ? 1 : attribute ? 3 : 5);
      number(i, Slot::onnx_epsilon, norms[i].eps);
      number(i, Slot::onnx_momentum, 1 - norms[i].momentum.value_or(0));
    }
  });
}

}  // namespace normdiff::testing
