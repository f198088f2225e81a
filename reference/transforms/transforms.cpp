#include "reference/transforms/transforms.hpp"

#include <algorithm>

namespace normdiff::reference {
namespace {

/// A deep copy that shares its tensors with the original.
ModulePtr copy_sharing_tensors(const Module& module,
                               std::unordered_map<const Module*, ModulePtr>& made) {
  if (const auto found = made.find(&module); found != made.end()) return found->second;
  auto copy = std::make_shared<Module>(module);
  made.emplace(&module, copy);
  for (auto& [name, child] : copy->children) child = copy_sharing_tensors(*child, made);
  return copy;
}

/// After the forward that was traced, whose leaves got inputs of these ranks. `mode`: that of all
/// modules, instead of each one's own.
void bake(Module& root, const std::vector<int>& ranks, std::optional<bool> mode = {}) {
  std::unordered_map<const Module*, int> calls_left;
  for (Module* module : places(root)) {
    if (!traits_of(module->layer).has_mode) continue;
    module->traced_training = module->traced_training.value_or(mode.value_or(module->training));
    ++calls_left[module];
  }
  if (!root.traced_calls.empty()) return;
  for (const Module* module : places(root)) {
    if (is_container(module->layer)) continue;
    TracedCall& call = root.traced_calls.emplace_back();
    if (root.traced_calls.size() <= ranks.size()) call.rank = ranks[root.traced_calls.size() - 1];
    const BatchNormOptions* norm = batch_norm_in(module->layer);
    if (!norm || norm->momentum) continue;
    // Each call counted before it took its factor.
    if (const Tensor* counter = module->find(TensorSlot::num_batches_tracked))
      call.factor = 1.0 / (counter->at(0) - --calls_left[module]);
  }
}

/// Lists the batch norms of a model in the order of their calls.
struct ExportedLister {
  const Module* before = nullptr;  ///< the last call that neither did nothing nor may be folded
  std::vector<ExportedBatchNorm> list = {};
  int mode_opset = 0;

  void add(const Module& module) {
    if (is_container(module.layer)) {
      for (const auto& [name, child] : module.children) add(*child);
      return;
    }
    const bool training = module.runs_in_training();
    if (does_nothing(module.layer, training)) return;
    if (is_norm(module.layer)) {
      // The layer before is what is left of a batch norm that may be folded.
      if (add_norm(module)) return;
    } else if (training) {
      trains(module);
    }
    before = &module;
  }

  void trains(const Module& module) {
    mode_opset = std::max(mode_opset, traits_of(module.layer).mode_opset);
  }

  /// True: it may be folded.
  bool add_norm(const Module& module) {
    const NormOptions& options = *norm_in(module.layer);
    const bool has_statistics = module.find(TensorSlot::running_mean) != nullptr;
    const bool is_batch = is_batch_norm(module.layer);
    // An instance norm without running statistics has an operator of its own in ONNX.
    if (!is_batch && !has_statistics) return false;
    ExportedBatchNorm bn;
    bn.module = &module;
    bn.training =
        module.runs_in_training() || !(is_batch ? has_statistics : options.track_running_stats);
    bn.eps = options.eps;
    bn.momentum = options.momentum;
    bn.is_instance_norm = !is_batch;
    if (bn.training) trains(module);
    if (is_batch && !bn.training && before && traits_of(before->layer).takes_norms_in)
      bn.folds_into = before;
    list.push_back(bn);
    return bn.folds_into != nullptr;
  }
};

}  // namespace

ModulePtr script(const Module& root) {
  std::unordered_map<const Module*, ModulePtr> made;
  return copy_sharing_tensors(root, made);
}

ModulePtr trace(const Module& root, const std::vector<int>& ranks) {
  ModulePtr traced = script(root);
  bake(*traced, ranks);
  return traced;
}

ModulePtr save_load(const Module& scripted) {
  return deepcopy(scripted);
}

Exported onnx_export(const Module& root, ExportMode mode) {
  Exported exported;
  exported.model = deepcopy(root);
  std::optional<bool> asked;
  if (mode != ExportMode::preserve) asked = mode == ExportMode::training;
  bake(*exported.model, {}, asked);
  ExportedLister lister;
  lister.add(*exported.model);
  exported.batch_norms = std::move(lister.list);
  exported.mode_opset = lister.mode_opset;
  return exported;
}

}  // namespace normdiff::reference
