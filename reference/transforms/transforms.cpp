#include "reference/transforms/transforms.hpp"

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

/// After the forward that was traced, whose leaves got inputs of these ranks.
void bake(Module& root, const std::vector<int>& ranks) {
  std::unordered_map<const Module*, int> calls_left;
  for (Module* module : places(root)) {
    if (!traits_of(module->layer).has_mode) continue;
    module->traced_training = module->traced_training.value_or(module->training);
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

void list_exported(Module& module, const Module** before, std::vector<ExportedBatchNorm>& out) {
  if (is_container(module.layer)) {
    for (auto& [name, child] : module.children) list_exported(*child, before, out);
    return;
  }
  const NormOptions* options = norm_in(module.layer);
  const bool has_statistics = module.find(TensorSlot::running_mean) != nullptr;
  const bool is_batch = is_batch_norm(module.layer);
  // An instance norm without running statistics has an operator of its own in ONNX.
  if (options && (is_batch || has_statistics)) {
    ExportedBatchNorm bn;
    bn.module = &module;
    bn.training =
        *module.traced_training || !(is_batch ? has_statistics : options->track_running_stats);
    bn.eps = options->eps;
    bn.momentum = options->momentum;
    bn.may_be_folded =
        is_batch && !bn.training && *before && traits_of((*before)->layer).takes_norms_in;
    bn.may_be_other_nodes = !is_batch;
    out.push_back(bn);
    if (bn.may_be_folded) return;  // and so may the next: the convolution is what is left
  }
  *before = &module;
}

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
  if (mode != ExportMode::preserve) train(*exported.model, mode == ExportMode::training);
  bake(*exported.model, {});
  const Module* before = nullptr;
  list_exported(*exported.model, &before, exported.batch_norms);
  return exported;
}

}  // namespace normdiff::reference
