#include "reference/modules/module.hpp"

#include <algorithm>
#include <cstring>

namespace normdiff::reference {
namespace {

void make_tensors(Module& module) {
  visit_tensors(module.layer, [&module](const FreshTensor& fresh) {
    module.tensor(fresh.slot) =
        Tensor::full(fresh_dtype(fresh.slot), fresh.shape, fresh.fill == Fill::ones ? 1 : 0);
  });
}

void list_places(Module& module, std::vector<Module*>& out) {
  out.push_back(&module);
  for (auto& [name, child] : module.children) list_places(*child, out);
}

std::size_t count_places(const Module& module) {
  std::size_t count = 1;
  for (const auto& [name, child] : module.children) count += count_places(*child);
  return count;
}

struct Copies {
  std::unordered_map<const Module*, ModulePtr> modules;
  std::unordered_map<const Storage*, Tensor> tensors;
};

ModulePtr copy_tree(const Module& module, Copies& copies) {
  ModulePtr& copy = copies.modules[&module];
  if (copy) return copy;
  copy = std::make_shared<Module>(module);
  ModulePtr result = copy;  // `copy` may move while the children are copied
  for (auto& tensor : result->tensors) {
    if (!tensor) continue;
    const auto [made, is_new] = copies.tensors.emplace(tensor->storage(), Tensor());
    if (is_new) made->second = tensor->clone();
    tensor = made->second;
  }
  for (auto& grad : result->grads) grad.reset();
  for (auto& [name, child] : result->children) child = copy_tree(*child, copies);
  return result;
}

void list_state(const Module& module, const std::string& prefix,
                std::vector<std::pair<std::string, Tensor>>& out) {
  for (const TensorSlot slot : all_of<TensorSlot>)
    if (module.tensors[slot])
      out.emplace_back(prefix + std::string(to_string(slot)), *module.tensors[slot]);
  for (const auto& [name, child] : module.children) list_state(*child, prefix + name + '.', out);
}

}  // namespace

ModulePtr construct(const ModuleSpec& spec, Made& made) {
  if (const auto found = made.find(&spec); found != made.end()) return found->second;
  auto module = std::make_shared<Module>();
  module->layer = spec.layer;
  make_tensors(*module);
  for (const ModuleSpec::Child& child : spec.children)
    module->children.emplace_back(child.name, construct(*child.module, made));
  made.emplace(&spec, module);
  return module;
}

std::vector<Module*> places(Module& root) {
  std::vector<Module*> list;
  list.reserve(count_places(root));
  list_places(root, list);
  return list;
}

int leaf_calls(const Module& root) {
  if (!is_container(root.layer)) return 1;
  int calls = 0;
  for (const auto& [name, child] : root.children) calls += leaf_calls(*child);
  return calls;
}

void train(Module& root, bool mode) {
  root.training = mode;
  for (auto& [name, child] : root.children) train(*child, mode);
}

ModulePtr deepcopy(const Module& root) {
  Copies copies;
  return copy_tree(root, copies);
}

std::optional<Refusal> reset_running_stats(Module& module) {
  if (!module.norm().track_running_stats) return std::nullopt;
  if (!module.find(TensorSlot::running_mean))
    return Refusal{ErrorKind::missing_statistics, "there are no running statistics"};
  for (TensorSlot held :
       {TensorSlot::running_mean, TensorSlot::running_var, TensorSlot::num_batches_tracked})
    if (auto& tensor = module.tensor(held))
      for (std::int64_t i = 0, n = tensor->numel(); i < n; ++i)
        tensor->set(i, held == TensorSlot::running_var ? 1 : 0);
  return std::nullopt;
}

void to(Module& root, DType dtype) {
  const auto cast = [dtype](std::optional<Tensor>& tensor) {
    if (tensor && is_floating(tensor->dtype()) && tensor->dtype() != dtype)
      tensor = tensor->to(dtype);
  };
  for (auto& tensor : root.tensors) cast(tensor);
  for (auto& grad : root.grads) cast(grad);
  for (auto& [name, child] : root.children) to(*child, dtype);
}

void zero_grad(Module& root) {
  for (auto& grad : root.grads) grad.reset();
  for (auto& [name, child] : root.children) zero_grad(*child);
}

std::vector<std::pair<std::string, Tensor>> state_dict(const Module& root) {
  std::vector<std::pair<std::string, Tensor>> state;
  list_state(root, "", state);
  return state;
}

std::vector<Refusal> load_state_dict(Module& root,
                                     const std::vector<std::pair<std::string, Tensor>>& state) {
  std::string keys, shapes;
  std::size_t used = 0;
  for (auto& [key, target] : state_dict(root)) {
    const auto source = std::find_if(
        state.begin(), state.end(), [&key = key](const auto& entry) { return entry.first == key; });
    if (source == state.end()) {
      keys = "missing key " + key;
      continue;
    }
    ++used;
    if (source->second.shape() != target.shape()) {
      shapes = "another shape for " + key;
      continue;
    }
    const Tensor values = source->second.to(target.dtype());
    if (target.numel() > 0)
      std::memcpy(target.data(), values.data(),
                  static_cast<std::size_t>(values.numel()) * size_of(values.dtype()));
  }
  if (used != state.size() && keys.empty()) keys = "unexpected keys";
  std::vector<Refusal> refusals;
  if (!keys.empty()) refusals.push_back({ErrorKind::state_keys, std::move(keys)});
  if (!shapes.empty()) refusals.push_back({ErrorKind::state_shape, std::move(shapes)});
  return refusals;
}

}  // namespace normdiff::reference
