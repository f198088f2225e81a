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
Value as_value(bool value) {
  return value;
}
Value as_value(const std::optional<double>& value) {
  return value ? Value{*value} : Value{None{}};
}

template <class T>
void scan_value(Context& c, const Observed::State* states, Key key, ModuleKind leaf,
                const T& expected) {
  const Observed::State& state = states[static_cast<std::size_t>(key.slot)];
  if (state.changed != c.step && state.now && holds(*state.now, expected)) return;
  c.expect.exact(key, as_value(expected), {leaf, "", std::nullopt});
}

void scan_module(Context& c, const Execution& execution, const FirstTensors& firsts, NameId name,
                 std::uint16_t place, Module& module, bool eager) {
  const auto key = [name, place](Slot slot) { return Key{name, place, slot}; };
  const Observed::State* states = c.observed.place(name, place);
  scan_value(c, states, key(Slot::training), module.kind(), module.training);
  const reference::NormOptions* norm = norm_in(module.layer);
  if (norm && eager) {
    scan_value(c, states, key(Slot::momentum), module.kind(), norm->momentum);
    scan_value(c, states, key(Slot::eps), module.kind(), std::optional(norm->eps));
    scan_value(c, states, key(Slot::track_running_stats), module.kind(), norm->track_running_stats);
  } else if (eager) {  // a norm stood here if there is one of these
    for (const Slot slot : {Slot::momentum, Slot::eps, Slot::track_running_stats})
      if (states[static_cast<std::size_t>(slot)].now)
        scan_value(c, states, key(slot), module.kind(), std::optional<double>());
  }
  for (Slot slot : module_tensor_slots) {
    const std::optional<Tensor>& tensor = *tensor_of(module, slot);
    const Observed::State& state = states[static_cast<std::size_t>(slot)];
    const bool* requires_grad = requires_grad_of(module, slot);
    if (touched(state, c.step, tensor) || differs(state, requires_grad))
      scan_tensor(c, execution, firsts, key(slot), module.kind(), tensor,
                  requires_grad && *requires_grad);
  }
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

}  // namespace

void expect_state(Context& c, const Execution& execution) {
  const FirstTensors firsts(c.world);
  for (NameId name : c.world.order) {
    Live& live = c.world.names[name];
    if (live.kind == NameKind::tensor) {
      const Key key{name, 0, Slot::grad};
      if (touched(c.observed.at(key), c.step, live.grad))
        scan_tensor(c, execution, firsts, key, no_leaf, live.grad, false);
      continue;
    }
    for (std::size_t p = 0; p < live.places.size(); ++p)
      scan_module(c, execution, firsts, name, static_cast<std::uint16_t>(p), *live.places[p],
                  live.kind == NameKind::module);
  }
}

void adopt_observed_state(World& world, Observed& observed) {
  const FirstTensors firsts(world);  // those before: who gets memory of its own may get it twice
  const int step = observed.step();
  bool anything = false;
  for (NameId name : world.order) {
    Live& live = world.names[name];
    if (live.kind == NameKind::tensor) {
      const Key key{name, 0, Slot::grad};
      if (!touched(observed.at(key), step, live.grad)) continue;
      follow_tensor(world, observed, firsts, key, live.grad);
      anything = true;
      continue;
    }
    for (std::size_t p = 0; p < live.places.size(); ++p) {
      follow_identity(world, observed, name, p);
      Module& module = *live.places[p];
      const auto place = static_cast<std::uint16_t>(p);
      const Observed::State* states = observed.place(name, place);
      const auto now = [states](Slot slot) { return states[static_cast<std::size_t>(slot)].now; };
      if (const Value* flag = now(Slot::training))
        if (const bool* value = std::get_if<bool>(flag)) module.training = *value;
      auto* norm = norm_in(module.layer);
      if (norm && live.kind == NameKind::module) {
        if (const Value* v = now(Slot::momentum)) {
          if (const double* d = std::get_if<double>(v)) norm->momentum = *d;
          if (std::holds_alternative<None>(*v)) norm->momentum.reset();
        }
        if (const Value* v = now(Slot::eps))
          if (const double* d = std::get_if<double>(v)) norm->eps = *d;
        if (const Value* v = now(Slot::track_running_stats))
          if (const bool* b = std::get_if<bool>(v)) norm->track_running_stats = *b;
      }
      for (Slot slot : module_tensor_slots) {
        std::optional<Tensor>& tensor = *tensor_of(module, slot);
        if (bool* flag = requires_grad_of(module, slot);
            differs(states[static_cast<std::size_t>(slot)], flag))
          *flag = !*flag;
        if (!touched(states[static_cast<std::size_t>(slot)], step, tensor)) continue;
        const reference::Storage* before = tensor ? tensor->storage() : nullptr;
        follow_tensor(world, observed, firsts, {name, place, slot}, tensor);
        if (before && (!tensor || tensor->storage() != before)) make_stale(world, module);
        anything = true;
      }
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
