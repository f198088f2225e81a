#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "harness/scenario/scope.hpp"
#include "harness/trace/trace.hpp"
#include "reference/modules/forward.hpp"
#include "reference/modules/module.hpp"
#include "reference/transforms/transforms.hpp"

namespace normdiff {

/// A tensor slot of a module, by the slot of a key. Inline: asked of every slot in every step.
[[nodiscard]] inline std::optional<reference::Tensor>* tensor_of(reference::Module& module,
                                                                 Slot slot) {
  const auto after = [slot](Slot first) {
    return static_cast<std::size_t>(slot) - static_cast<std::size_t>(first);
  };
  if (slot >= Slot::weight && slot <= Slot::num_batches_tracked)
    return &module.tensors[static_cast<TensorSlot>(after(Slot::weight))];
  if (slot == Slot::weight_grad || slot == Slot::bias_grad)
    return &module.grads[after(Slot::weight_grad)];
  return nullptr;
}

/// Points to the flag of the parameter in a slot; null: the slot holds no parameter.
[[nodiscard]] inline bool* requires_grad_of(reference::Module& module, Slot slot) {
  if (slot != Slot::weight && slot != Slot::bias) return nullptr;
  return &module.requires_grad[static_cast<std::size_t>(slot) -
                               static_cast<std::size_t>(Slot::weight)];
}

/// The reference's things under one name.
struct Live {
  NameKind kind = NameKind::undefined;
  // module, script
  reference::ModulePtr root;
  std::vector<reference::Module*> places;
  // tensor, result: as it was observed when it was made
  reference::Values values;
  Layout layout = Layout::contiguous;
  bool requires_grad = false;
  bool is_leaf = true;
  // tensor
  std::optional<reference::Tensor> grad;
  // result
  std::shared_ptr<reference::Tape> tape;
  NameId input = 0;
  bool underived = false;  ///< made by a step that diverged: nothing can be said of what follows
  // artefact
  std::shared_ptr<const reference::Exported> exported;  ///< null: not derived
  Shape exported_for;
  DType exported_dtype = DType::float32;
};

/// No key: what first_place and first_tensor give for something that isn't live.
inline constexpr std::uint64_t nowhere = ~std::uint64_t{0};

/// Everything a subject should have after a step. State that can be observed is set from what was
/// observed after each step; what can't (graphs, baked modes) was derived when it was made.
struct World {
  std::vector<Live> names;    ///< by NameId
  std::vector<NameId> order;  ///< the live ones, in order of definition
  /// Modules that others stand in the place of: a graph may go back through them.
  std::vector<reference::ModulePtr> replaced;

  void reset(std::size_t count);
  Live& define(NameId name, NameKind kind);
  void forget(NameId name);
  [[nodiscard]] reference::Module& module(ModuleRef ref) {
    return *names[ref.name].places[ref.place];
  }
  /// The module itself, which may be shared.
  [[nodiscard]] reference::ModulePtr& pointer(ModuleRef ref, const Scope& scope);
  [[nodiscard]] bool is_live(NameId name) const { return names[name].kind != NameKind::undefined; }
  /// Key::packed() of the first place, in order, that is this module.
  [[nodiscard]] std::uint64_t first_place(const reference::Module* module) const;
  /// visit(Key, std::optional<Tensor>&) for every tensor that there may be, in order, until it says
  /// true.
  template <class Visit>
  void each_tensor(Visit&& visit);
  /// Key::packed() of the first tensor, in order, that lies in this storage.
  [[nodiscard]] std::uint64_t first_tensor(const reference::Storage* storage);
  /// visit(Module&, TensorSlot) for every weight or bias that lies in `parameter`, those of
  /// replaced modules too: what is said of a parameter is said in all the places that share it.
  template <class Visit>
  void each_place_of(const reference::Storage* parameter, Visit&& visit);
  /// Gives every live weight or bias that lies in `parameter` this gradient: one tensor has one.
  void set_grad(const reference::Storage* parameter, const std::optional<reference::Tensor>& grad);
  /// Gives every live weight or bias that lies in `parameter` that tensor and gradient instead.
  void replace_parameter(const reference::Storage* parameter, const reference::Tensor& tensor,
                         const std::optional<reference::Tensor>& grad);
  /// A copy in which nothing is shared with this one, and what is shared inside stays shared.
  [[nodiscard]] World copy() const;
};

/// The tensor slots of a module, in the order in which they are observed.
inline constexpr std::array<Slot, 7> module_tensor_slots = {Slot::weight,
                                                            Slot::bias,
                                                            Slot::running_mean,
                                                            Slot::running_var,
                                                            Slot::num_batches_tracked,
                                                            Slot::weight_grad,
                                                            Slot::bias_grad};

template <class Visit>
void World::each_tensor(Visit&& visit) {
  for (const NameId name : order) {
    Live& live = names[name];
    if (live.kind == NameKind::tensor && visit(Key{name, 0, Slot::grad}, live.grad)) return;
    for (std::size_t p = 0; p < live.places.size(); ++p)
      for (const Slot slot : module_tensor_slots)
        if (visit(Key{name, static_cast<std::uint16_t>(p), slot},
                  *tensor_of(*live.places[p], slot)))
          return;
  }
}

template <class Visit>
void World::each_place_of(const reference::Storage* parameter, Visit&& visit) {
  const auto visit_slots = [&](reference::Module& module) {
    for (const TensorSlot slot : reference::parameter_slots)
      if (const reference::Tensor* tensor = module.find(slot);
          tensor && tensor->storage() == parameter)
        visit(module, slot);
  };
  for (const NameId name : order)
    for (reference::Module* module : names[name].places) visit_slots(*module);
  for (const reference::ModulePtr& module : replaced) visit_slots(*module);
}

/// contiguous, channels_last, or anything else.
[[nodiscard]] Layout layout_of(const Shape& shape, const Shape& strides);

}  // namespace normdiff
