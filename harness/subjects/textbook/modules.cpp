#include "harness/subjects/textbook/modules.hpp"

#include <cstring>
#include <map>
#include <unordered_map>

namespace normdiff::textbook {
namespace {

using State = std::map<std::string, Tensor>;

void collect_state(Module& module, const std::string& prefix, State& out) {
  for (std::size_t i = 0; i < module.tensors.size(); ++i)
    if (module.tensors[i])
      out.emplace(prefix + std::string(reference::tensor_slot_names[i]), *module.tensors[i]);
  for (auto& [name, child] : module.children) collect_state(*child, prefix + name + ".", out);
}

using Copies = std::unordered_map<const Module*, ModulePtr>;

ModulePtr copy_tree(const ModulePtr& module, Fault fault, Copies& copies) {
  if (const auto found = copies.find(module.get()); found != copies.end()) return found->second;
  auto copy = std::make_shared<Module>(*module);
  if (fault == Fault::flag_lost_in_copy) copy->training = true;
  for (auto& tensor : copy->tensors)
    if (tensor) tensor = tensor->clone();
  for (auto& grad : copy->grads) grad.reset();  // as Python: a copy has no gradients
  for (auto& [name, child] : copy->children) child = copy_tree(child, fault, copies);
  if (fault != Fault::shared_child_unshared) copies.emplace(module.get(), copy);
  return copy;
}

}  // namespace

ModulePtr fresh(const ModuleSpec& spec) {
  auto module = std::make_shared<Module>();
  module->spec = &spec;
  visit_tensors(spec.layer, [&module](const reference::FreshTensor& fresh) {
    (*module)[fresh.slot] = Tensor::full(fresh_dtype(fresh.slot), fresh.shape,
                                         fresh.fill == reference::Fill::ones ? 1 : 0);
  });
  if (const auto* options = batch_norm_in(spec.layer)) {
    module->eps = options->eps;
    module->momentum = options->momentum;
    module->track_running_stats = options->track_running_stats;
  }
  return module;
}

void list_places(const ModulePtr& root, std::vector<ModulePtr>& out) {
  out.push_back(root);
  for (const auto& [name, child] : root->children) list_places(child, out);
}

void train(Module& root, bool mode) {
  root.training = mode;
  for (auto& [name, child] : root.children) train(*child, mode);
}

ModulePtr deepcopy(const ModulePtr& root, Fault fault) {
  Copies copies;
  return copy_tree(root, fault, copies);
}

void cast(Module& root, DType dtype) {
  const auto cast_one = [dtype](std::optional<Tensor>& tensor) {
    if (tensor && tensor->dtype() != DType::int64 && tensor->dtype() != dtype)
      tensor = tensor->to(dtype);
  };
  for (auto& tensor : root.tensors) cast_one(tensor);
  for (auto& grad : root.grads) cast_one(grad);
  for (auto& [name, child] : root.children) cast(*child, dtype);
}

void zero_grad(Module& root) {
  for (auto& grad : root.grads) grad.reset();
  for (auto& [name, child] : root.children) zero_grad(*child);
}

std::optional<Refusal> reset_running_stats(Module& module) {
  if (!module.track_running_stats) return std::nullopt;
  if (!module[TensorSlot::running_mean])
    return Refusal{ErrorKind::missing_statistics, "there are no running statistics to reset"};
  const auto fill = [&](TensorSlot slot, double value) {
    for (std::int64_t i = 0; i < module[slot]->numel(); ++i) module[slot]->set(i, value);
  };
  fill(TensorSlot::running_mean, 0);
  fill(TensorSlot::running_var, 1);
  fill(TensorSlot::num_batches_tracked, 0);
  return std::nullopt;
}

// A strict load: what fits is copied, then missing and unexpected keys and other shapes are
// reported together.
std::optional<Refusal> load_state_dict(Module& target, Module& source) {
  State to, from;
  collect_state(target, "", to);
  collect_state(source, "", from);
  std::string keys, shapes;
  for (auto& [key, tensor] : to) {
    const auto found = from.find(key);
    if (found == from.end()) {
      keys += " missing " + key;
    } else if (found->second.shape() != tensor.shape()) {
      shapes += " other shape " + key;
    } else if (tensor.numel() > 0) {
      const Tensor cast = found->second.to(tensor.dtype());
      std::memcpy(tensor.data(), cast.data(),
                  static_cast<std::size_t>(cast.numel()) * reference::size_of(cast.dtype()));
    }
  }
  for (const auto& [key, tensor] : from)
    if (to.find(key) == to.end()) keys += " unexpected " + key;
  if (!keys.empty()) return Refusal{ErrorKind::state_keys, "load_state_dict:" + keys + shapes};
  if (!shapes.empty()) return Refusal{ErrorKind::state_shape, "load_state_dict:" + shapes};
  return std::nullopt;
}

}  // namespace normdiff::textbook
