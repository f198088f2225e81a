#include "harness/subjects/textbook/modules.hpp"

#include <cstring>
#include <map>
#include <unordered_map>

namespace normdiff::textbook {
namespace {

using State = std::map<std::string, Tensor>;

void collect_state(Module& module, const std::string& prefix, State& out) {
  for (const TensorSlot slot : all_of<TensorSlot>)
    if (const auto& tensor = module[slot])
      out.emplace(prefix + std::string(to_string(slot)), *tensor);
  for (auto& [name, child] : module.children) collect_state(*child, prefix + name + ".", out);
}

/// The modules and tensors that were copied so far: one that is shared in the original is shared in
/// the copy.
struct Copies {
  std::unordered_map<const Module*, ModulePtr> modules;
  std::unordered_map<const Parameter*, std::shared_ptr<Parameter>> parameters;
  std::unordered_map<const reference::Storage*, Tensor> buffers;
};

void copy_tensors(Module& copy, Copies& copies) {
  for (std::shared_ptr<Parameter>& parameter : copy.parameters) {
    std::shared_ptr<Parameter>& made = copies.parameters[parameter.get()];
    if (!made) {
      made = std::make_shared<Parameter>();  // as Python: a copy has no gradients
      made->requires_grad = parameter->requires_grad;
      if (parameter->tensor) made->tensor = parameter->tensor->clone();
    }
    parameter = made;
  }
  for (std::optional<Tensor>& buffer : copy.buffers) {
    if (!buffer) continue;
    const auto [made, is_new] = copies.buffers.emplace(buffer->storage(), Tensor());
    if (is_new) made->second = buffer->clone();
    buffer = made->second;
  }
}

ModulePtr copy_tree(const ModulePtr& module, Fault fault, Copies& copies) {
  if (const auto found = copies.modules.find(module.get()); found != copies.modules.end())
    return found->second;
  auto copy = std::make_shared<Module>(*module);
  if (fault == Fault::flag_lost_in_copy) copy->training = true;
  copy_tensors(*copy, copies);
  for (auto& [name, child] : copy->children) child = copy_tree(child, fault, copies);
  if (fault != Fault::shared_child_unshared) copies.modules.emplace(module.get(), copy);
  return copy;
}

using Scripts = std::unordered_map<const Module*, ModulePtr>;

ModulePtr script_tree(const ModulePtr& module, Fault fault, Scripts& scripts) {
  if (const auto found = scripts.find(module.get()); found != scripts.end()) return found->second;
  auto script = std::make_shared<Module>(*module);
  if (fault == Fault::script_loses_a_flag) script->training = true;
  for (auto& [name, child] : script->children) child = script_tree(child, fault, scripts);
  scripts.emplace(module.get(), script);
  return script;
}

}  // namespace

ModulePtr fresh(const ModuleSpec& spec) {
  auto module = std::make_shared<Module>();
  module->spec = &spec;
  for (auto& parameter : module->parameters) parameter = std::make_shared<Parameter>();
  visit_tensors(spec.layer, [&module](const reference::FreshTensor& fresh) {
    (*module)[fresh.slot] = Tensor::full(fresh_dtype(fresh.slot), fresh.shape,
                                         fresh.fill == reference::Fill::ones ? 1 : 0);
  });
  if (const auto* options = norm_in(spec.layer)) {
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

ModulePtr script(const ModulePtr& root, Fault fault) {
  Scripts scripts;
  return script_tree(root, fault, scripts);
}

ModulePtr trace(const ModulePtr& root, std::vector<BakedCall> calls) {
  ModulePtr traced = script(root, Fault::none);
  std::vector<ModulePtr> places;
  list_places(traced, places);
  for (const ModulePtr& place : places)
    if (traits_of(place->spec->layer).has_mode) place->baked_mode = place->training;
  traced->baked_calls = std::move(calls);
  return traced;
}

void cast(Module& root, DType dtype) {
  const auto cast_one = [dtype](std::optional<Tensor>& tensor) {
    if (tensor && reference::is_floating(tensor->dtype()) && tensor->dtype() != dtype)
      tensor = tensor->to(dtype);
  };
  for (const auto& parameter : root.parameters) {
    cast_one(parameter->tensor);
    cast_one(parameter->grad);
  }
  for (auto& buffer : root.buffers) cast_one(buffer);
  for (auto& [name, child] : root.children) cast(*child, dtype);
}

void zero_grad(Module& root) {
  for (const auto& parameter : root.parameters) parameter->grad.reset();
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
