#include <array>
#include <cstring>
#include <unordered_map>

#include "harness/model/execute.hpp"

namespace normdiff {

using reference::Module;
using reference::Tensor;

namespace {

/// World::first_tensor for a whole walk: of a large world it is looked up, not looked for.
class FirstTensors {
 public:
  explicit FirstTensors(World& world) : world_(world) {
    constexpr std::size_t few = 64;
    std::size_t places = 0;
    for (const NameId name : world.order) places += world.names[name].places.size();
    if (places > few) list();
  }
  [[nodiscard]] std::uint64_t of(const reference::Storage* storage) const {
    if (known_.empty()) return world_.first_tensor(storage);
    const auto found = known_.find(storage);
    return found == known_.end() ? nowhere : found->second.key;
  }

 private:
  struct First {
    std::uint64_t key;
    Tensor holder;  ///< so that no other storage comes to lie at its address during the walk
  };

  void list() {
    world_.each_tensor([this](Key key, const std::optional<Tensor>& tensor) {
      if (tensor) known_.try_emplace(tensor->storage(), First{key.packed(), *tensor});
      return false;
    });
  }

  World& world_;
  std::unordered_map<const reference::Storage*, First> known_;
};

const reference::Bounded* bounded_for(const Execution& execution,
                                      const reference::Storage* storage) {
  for (const KnownWithin& known : execution.bounded)
    if (known.storage == storage) return known.expected;
  return nullptr;
}

/// The reference holds something else than when it was last made what was observed.
bool moved(const Observed::State& state, const std::optional<Tensor>& expected) {
  return state.version != (expected ? expected->storage()->version() : 0);
}

/// A tensor needs a statement if the step touched it: most steps touch few.
bool touched(const Observed::State& state, int step, const std::optional<Tensor>& expected) {
  return state.changed == step || moved(state, expected);
}

/// A parameter differs where it was seen to require a gradient and ought not to, or the other way
/// round.
bool differs(const Observed::State& state, const bool* requires_grad) {
  const auto* seen = state.now ? std::get_if<ObservedTensor>(state.now) : nullptr;
  return seen && requires_grad && seen->requires_grad != *requires_grad;
}

/// Takes a tensor that was touched.
void scan_tensor(Context& c, const Execution& execution, const FirstTensors& firsts, Key key,
                 ModuleKind leaf, const std::optional<Tensor>& expected, bool requires_grad) {
  const Origin origin{leaf, "", std::nullopt};
  if (!expected) {
    c.expect.exact(key, Value{None{}}, origin);
    return;
  }
  const std::uint64_t storage =
      expected->numel() == 0 ? key.packed() : firsts.of(expected->storage());
  if (const reference::Bounded* bounded = bounded_for(execution, expected->storage())) {
    const DType dtype = expected->dtype();
    c.expect.within(key, {dtype, expected->shape(), requires_grad, true, storage}, origin,
                    [bounded, dtype](const void* observed) {
                      return reference::compare(*bounded, observed, dtype);
                    });
    return;
  }
  ObservedTensor tensor;
  tensor.dtype = expected->dtype();
  tensor.shape = expected->shape();
  tensor.requires_grad = requires_grad;
  tensor.storage = storage;
  tensor.data = static_cast<const std::byte*>(static_cast<const Tensor&>(*expected).data());
  c.expect.exact(key, Value{tensor}, origin);
}

template <class T>
bool holds(const Value& value, const T& expected) {
  const T* held = std::get_if<T>(&value);
  return held && *held == expected;
}
bool holds(const Value& value, const std::optional<double>& expected) {
  return expected ? same(value, Value{*expected}) : std::holds_alternative<None>(value);
}

/// The attributes of a norm.
constexpr std::array attribute_slots = {Slot::momentum, Slot::eps, Slot::track_running_stats};

/// Notes the keys of one place that a step touched.
class PlaceWalk {
 public:
  PlaceWalk(Observed& observed, NameId name, std::size_t place, std::vector<Key>& touched)
      : states_(observed.place(name, static_cast<std::uint16_t>(place))),
        name_(name),
        place_(static_cast<std::uint16_t>(place)),
        step_(observed.step()),
        touched_(touched) {}

  void module(Module& module, bool eager) {
    if (state(Slot::identity).changed == step_) note(Slot::identity);
    value(Slot::training, module.training);
    const reference::NormOptions* norm = norm_in(module.layer);
    if (norm && eager) {
      value(Slot::momentum, norm->momentum);
      value(Slot::eps, std::optional(norm->eps));
      value(Slot::track_running_stats, norm->track_running_stats);
    } else if (eager) {  // a norm stood here if there is one of these
      for (const Slot slot : attribute_slots)
        if (state(slot).now) value(slot, std::optional<double>());
    }
    for (const Slot slot : module_tensor_slots)
      if (touched(state(slot), step_, *tensor_of(module, slot)) ||
          differs(state(slot), requires_grad_of(module, slot)))
        note(slot);
  }

 private:
  [[nodiscard]] const Observed::State& state(Slot slot) const {
    return states_[static_cast<std::size_t>(slot)];
  }
  template <class T>
  void value(Slot slot, const T& expected) {
    const Observed::State& it = state(slot);
    if (it.changed == step_ || !it.now || !holds(*it.now, expected)) note(slot);
  }
  void note(Slot slot) { touched_.push_back({name_, place_, slot}); }

  const Observed::State* states_;
  NameId name_;
  std::uint16_t place_;
  int step_;
  std::vector<Key>& touched_;
};

/// States what a module has at a touched slot.
void expect_slot(Context& c, const Execution& execution, const FirstTensors& firsts, Key key,
                 Module& module) {
  const Origin origin = origin_of(module);
  const reference::NormOptions* norm = norm_in(module.layer);
  switch (key.slot) {
    case Slot::identity:  // stated by the step that makes a module
      return;
    case Slot::training:
      return c.expect.exact(key, Value{module.training}, origin);
    case Slot::momentum:
      return c.expect.exact(key, norm && norm->momentum ? Value{*norm->momentum} : Value{None{}},
                            origin);
    case Slot::eps:
      return c.expect.exact(key, norm ? Value{norm->eps} : Value{None{}}, origin);
    case Slot::track_running_stats:
      return c.expect.exact(key, norm ? Value{norm->track_running_stats} : Value{None{}}, origin);
    default:
      break;
  }
  const bool* requires_grad = requires_grad_of(module, key.slot);
  scan_tensor(c, execution, firsts, key, module.kind(), *tensor_of(module, key.slot),
              requires_grad && *requires_grad);
}

/// Takes a tensor that was touched.
void follow_tensor(World& world, Observed& observed, const FirstTensors& firsts, Key key,
                   std::optional<Tensor>& tensor) {
  const Observed::State& state = observed.at(key);
  const auto* seen = state.now ? std::get_if<ObservedTensor>(state.now) : nullptr;
  if (!seen || !seen->known_dtype) {
    tensor.reset();
    return;
  }
  const auto needs_new_storage = [&] {
    if (!tensor || tensor->dtype() != seen->dtype || tensor->shape() != seen->shape) return true;
    return seen->shape.numel() > 0 && seen->storage == key.packed() &&
           firsts.of(tensor->storage()) != key.packed();
  };
  if (seen->storage != key.packed() && seen->shape.numel() > 0) {
    // It lies in the memory of a tensor that comes before: share that one.
    const Key first{static_cast<NameId>(seen->storage >> 24),
                    static_cast<std::uint16_t>((seen->storage >> 8) & 0xffff),
                    static_cast<Slot>(seen->storage & 0xff)};
    if (first.name < world.names.size() && first.place < world.names[first.name].places.size())
      if (auto* shared = tensor_of(*world.names[first.name].places[first.place], first.slot);
          shared && *shared && (*shared)->shape() == seen->shape &&
          (*shared)->dtype() == seen->dtype)
        tensor = **shared;
  }
  if (needs_new_storage()) tensor = Tensor(seen->dtype, seen->shape);
  if (seen->bytes() == 0 ||
      std::memcmp(static_cast<const Tensor&>(*tensor).data(), seen->data, seen->bytes()) == 0)
    return;
  std::memcpy(tensor->data(), seen->data, seen->bytes());
  // No step moves a parameter to within a bound: it was changed against the documentation.
  if (key.slot == Slot::weight || key.slot == Slot::bias) mark_modified(world, *tensor);
}

/// Where one module was expected in two places and two were seen, there are two from now on.
void follow_identity(World& world, Observed& observed, NameId name, std::size_t place) {
  Live& live = world.names[name];
  const Key key{name, static_cast<std::uint16_t>(place), Slot::identity};
  const Observed::State& state = observed.at(key);
  const auto* seen = state.now ? std::get_if<std::int64_t>(state.now) : nullptr;
  if (!seen || state.changed != observed.step()) return;
  if (static_cast<std::uint64_t>(*seen) != key.packed()) return;
  if (world.first_place(live.places[place]) == key.packed()) return;
  const reference::ModulePtr split = std::make_shared<Module>(*live.places[place]);
  // The parent's entry: the child that is `place` in pre-order.
  std::size_t at = 0;
  const std::function<bool(Module&)> replace = [&](Module& parent) {
    for (auto& [child_name, child] : parent.children) {
      if (++at == place) {
        child = split;
        return true;
      }
      if (replace(*child)) return true;
    }
    return false;
  };
  replace(*live.root);
  live.places = reference::places(*live.root);
}

/// Makes an attribute of a norm what was observed.
void follow_attribute(reference::NormOptions& norm, Slot slot, const Value& seen) {
  const double* number = std::get_if<double>(&seen);
  if (slot == Slot::momentum && (number || std::holds_alternative<None>(seen)))
    norm.momentum = number ? std::optional(*number) : std::nullopt;
  else if (slot == Slot::eps && number)
    norm.eps = *number;
  else if (const bool* flag = std::get_if<bool>(&seen); flag && slot == Slot::track_running_stats)
    norm.track_running_stats = *flag;
}

/// Makes a touched slot of a module what was observed; true: it holds a tensor.
bool follow_slot(World& world, Observed& observed, const FirstTensors& firsts, Key key) {
  if (key.slot == Slot::identity) {
    follow_identity(world, observed, key.name, key.place);
    return false;
  }
  const Live& live = world.names[key.name];
  Module& module = *live.places[key.place];
  const Observed::State& state = observed.at(key);
  if (std::optional<Tensor>* tensor = tensor_of(module, key.slot)) {
    if (bool* flag = requires_grad_of(module, key.slot); differs(state, flag)) *flag = !*flag;
    if (!touched(state, observed.step(), *tensor)) return false;
    const reference::Storage* before = *tensor ? (*tensor)->storage() : nullptr;
    follow_tensor(world, observed, firsts, key, *tensor);
    if (before && (!*tensor || (*tensor)->storage() != before)) make_stale(world, module);
    return true;
  }
  reference::NormOptions* norm = norm_in(module.layer);
  const bool* flag = state.now ? std::get_if<bool>(state.now) : nullptr;
  if (key.slot == Slot::training && flag)
    module.training = *flag;
  else if (state.now && norm && live.kind == NameKind::module)
    follow_attribute(*norm, key.slot, *state.now);
  return false;
}

}  // namespace

void find_touched(World& world, Observed& observed, std::vector<Key>& touched_keys) {
  touched_keys.clear();
  for (const NameId name : world.order) {
    const Live& live = world.names[name];
    if (live.kind == NameKind::tensor) {
      const Key key{name, 0, Slot::grad};
      if (touched(observed.at(key), observed.step(), live.grad)) touched_keys.push_back(key);
    }
    for (std::size_t place = 0; place < live.places.size(); ++place)
      PlaceWalk(observed, name, place, touched_keys)
          .module(*live.places[place], live.kind == NameKind::module);
  }
}

void expect_state(Context& c, const Execution& execution, const std::vector<Key>& touched_keys) {
  const FirstTensors firsts(c.world);
  for (const Key key : touched_keys) {
    Live& live = c.world.names[key.name];
    if (key.slot == Slot::grad)
      scan_tensor(c, execution, firsts, key, no_leaf, live.grad, false);
    else
      expect_slot(c, execution, firsts, key, *live.places[key.place]);
  }
}

void adopt_observed_state(World& world, Observed& observed, const std::vector<Key>& touched_keys) {
  const FirstTensors firsts(world);  // those before: who gets memory of its own may get it twice
  bool anything = false;
  for (const Key key : touched_keys) {
    if (!world.is_live(key.name)) continue;  // the step did not make it after all
    if (key.slot == Slot::grad) {
      follow_tensor(world, observed, firsts, key, world.names[key.name].grad);
      anything = true;
    } else if (follow_slot(world, observed, firsts, key)) {
      anything = true;
    }
  }
  if (!anything) return;  // every version is the one that was noted last
  // Versions last: following one place may have written memory that another shares.
  world.each_tensor([&](Key key, const std::optional<Tensor>& tensor) {
    observed.at(key).version = tensor ? tensor->storage()->version() : 0;
    return false;
  });
}

}  // namespace normdiff
