#include "harness/model/footprint.hpp"

#include "harness/trace/observation_class.hpp"

namespace normdiff {

using reference::Module;
using reference::Tensor;

namespace {

/// Nothing but the values differ.
bool same_facts(const Value* before, const Value& now) {
  const auto* a = before ? std::get_if<ObservedTensor>(before) : nullptr;
  const auto* b = std::get_if<ObservedTensor>(&now);
  return a && b && b->known_dtype && a->dtype == b->dtype && a->shape == b->shape &&
         a->requires_grad == b->requires_grad && a->is_leaf == b->is_leaf &&
         a->storage == b->storage;
}

std::optional<Shape> fresh_shape_of(const Module& module, TensorSlot slot) {
  const auto fresh = fresh_tensor(module.layer, slot);
  return fresh ? std::optional(fresh->shape) : std::nullopt;
}

bool has_shape(const Value& value, const std::optional<Shape>& shape) {
  const auto* tensor = std::get_if<ObservedTensor>(&value);
  return tensor && tensor->known_dtype && tensor->shape == shape;
}

}  // namespace

template <class S>
void Footprint::look_at(const S& step, const Scenario& scenario) {
  if constexpr (S::effect.moves == Moves::gradients) {
    output_ = input_ = operand_of(step, Takes::differentiable)->it;
    while (scope_[*input_].kind == NameKind::result) {
      const auto& forward = definition<Forward>(scenario, scope_, *input_);
      roots_.push_back(forward.module);
      input_ = forward.input;
    }
    moves_ = S::effect.moves;
  } else if constexpr (S::effect.moves != Moves::nothing) {
    const ModuleRef root = module_of(step)->it;
    roots_.push_back(root);
    // An artefact keeps what it moves to itself.
    if (scope_[root.name].kind != NameKind::artefact) moves_ = S::effect.moves;
  }
}

Footprint::Footprint(const World& world, const Scenario& scenario, const Scope& scope,
                     const Step& step)
    : world_(world), scope_(scope) {
  std::visit([&](const auto& s) { look_at(s, scenario); }, step);
  if (moves_ == Moves::nothing) return;
  for (const ModuleRef root : roots_) {
    const std::vector<Module*>& places = world.names[root.name].places;
    if (root.place >= places.size()) continue;
    for (Module* module : reference::places(*places[root.place])) {
      modules_.insert(module);
      for (const std::optional<Tensor>& tensor : module->tensors)
        if (tensor) storages_.insert(tensor->storage());
    }
  }
}

const Tensor* Footprint::held(Key key, Slot slot) const {
  const auto& places = world_.names[key.name].places;
  if (key.place >= places.size()) return nullptr;
  const std::optional<Tensor>* tensor = tensor_of(*places[key.place], slot);
  return tensor && *tensor ? &**tensor : nullptr;
}

bool Footprint::is_below(Key key) const {
  const auto& places = world_.names[key.name].places;
  if (key.place < places.size() && modules_.count(places[key.place]) > 0) return true;
  const Tensor* tensor = held(key, key.slot);  // another module may share it
  return tensor && storages_.count(tensor->storage()) > 0;
}

bool Footprint::allows(Key key, const Value* before, const Value& now) const {
  switch (moves_) {
    case Moves::nothing:
      return false;
    case Moves::anything:
      return is_below(key);
    case Moves::statistics: {
      const ObservationClass observed = class_of(key.slot);
      return (observed == ObservationClass::statistic || observed == ObservationClass::counter) &&
             is_below(key) && same_facts(before, now);
    }
    case Moves::gradients:
      if (key.slot == Slot::leaf_output_grad) return key.name == output_;
      if (key.slot == Slot::grad)
        return key.name == input_ && has_shape(now, world_.names[key.name].values.shape);
      if (key.slot == Slot::weight_grad || key.slot == Slot::bias_grad) {
        const bool weight = key.slot == Slot::weight_grad;
        const Tensor* parameter = held(key, weight ? Slot::weight : Slot::bias);
        if (!parameter || storages_.count(parameter->storage()) == 0) return false;
        // A module that loaded another shape since has gradients of the shape that the graph was
        // made with.
        return has_shape(now, parameter->shape()) ||
               has_shape(now, fresh_shape_of(*world_.names[key.name].places[key.place],
                                             weight ? TensorSlot::weight : TensorSlot::bias));
      }
      return false;
  }
  return false;
}

}  // namespace normdiff
