#include "harness/model/world.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <memory_resource>

namespace normdiff {

using reference::Module;
using reference::ModulePtr;
using reference::Storage;
using reference::Tensor;

void World::reset(std::size_t count) {
  order.clear();
  replaced.clear();
  names.clear();
  names.resize(count);
}

Live& World::define(NameId name, NameKind kind) {
  names[name] = {};
  names[name].kind = kind;
  order.push_back(name);
  return names[name];
}

void World::forget(NameId name) {
  if (!is_live(name)) return;
  names[name] = {};
  order.erase(std::remove(order.begin(), order.end(), name), order.end());
}

std::uint64_t World::first_place(const Module* module) const {
  for (NameId name : order)
    for (std::size_t p = 0; p < names[name].places.size(); ++p)
      if (names[name].places[p] == module)
        return Key{name, static_cast<std::uint16_t>(p), Slot::identity}.packed();
  return nowhere;
}

std::uint64_t World::first_tensor(const Storage* storage) {
  std::uint64_t first = nowhere;
  each_tensor([&](Key key, const std::optional<Tensor>& tensor) {
    const bool found = tensor && tensor->storage() == storage;
    if (found) first = key.packed();
    return found;
  });
  return first;
}

void World::set_grad(const Storage* parameter, const std::optional<Tensor>& grad) {
  each_place_of(parameter, [&grad](Module& module, TensorSlot slot) { module.grad(slot) = grad; });
}

void World::replace_parameter(const Storage* parameter, const Tensor& tensor,
                              const std::optional<Tensor>& grad) {
  each_place_of(parameter, [&](Module& module, TensorSlot slot) {
    module.tensor(slot) = tensor;
    module.grad(slot) = grad;
  });
}

ModulePtr& World::pointer(ModuleRef ref, const Scope& scope) {
  const std::vector<reference::Place>& places = scope[ref.name].places;
  const int parent = places[ref.place].parent;
  Live& live = names[ref.name];
  if (parent < 0) return live.root;
  return live.places[static_cast<std::size_t>(parent)]
      ->children[child_number(places, ref.place)]
      .second;
}

World World::copy() const {
  World copy = *this;
  std::array<std::byte, 4096> memory;  // enough for most: nothing is allocated for the maps
  std::pmr::monotonic_buffer_resource resource(memory.data(), memory.size());
  std::pmr::map<const Module*, ModulePtr> modules(&resource);
  std::pmr::map<const Storage*, Tensor> tensors(&resource);
  // A graph goes on in that of an earlier name.
  std::pmr::map<const reference::Tape*, std::shared_ptr<reference::Tape>> tapes(&resource);
  const auto copy_tensor = [&tensors](std::optional<Tensor>& tensor) {
    if (!tensor) return;
    auto& made = tensors[tensor->storage()];
    if (!made.storage()) made = tensor->clone();
    tensor = made;
  };
  const std::function<ModulePtr(const Module&)> copy_module = [&](const Module& module) {
    ModulePtr& made = modules[&module];
    if (made) return made;
    ModulePtr result = made = std::make_shared<Module>(module);
    for (auto& tensor : result->tensors) copy_tensor(tensor);
    for (auto& grad : result->grads) copy_tensor(grad);
    for (auto& [name, child] : result->children) child = copy_module(*child);
    return result;
  };
  for (ModulePtr& module : copy.replaced) module = copy_module(*module);
  for (NameId name : copy.order) {
    Live& live = copy.names[name];
    copy_tensor(live.grad);
    if (live.root) {
      live.root = copy_module(*live.root);
      live.places = reference::places(*live.root);
    }
    if (live.tape) {
      std::shared_ptr<reference::Tape>& made = tapes[live.tape.get()];
      if (!made) {
        made = std::make_shared<reference::Tape>(*live.tape);
        if (made->before) made->before = tapes.at(made->before.get());
        for (reference::TapeEntry& call : made->calls)
          if (const auto found = modules.find(call.module); found != modules.end())
            call.module = found->second.get();
      }
      live.tape = made;
    }
  }
  return copy;
}

Layout layout_of(const Shape& shape, const Shape& strides) {
  const auto dense = [&](const std::vector<int>& innermost_first) {
    std::int64_t expected = 1;
    for (int dim : innermost_first) {
      if (shape[dim] != 1 && strides[dim] != expected) return false;
      expected *= shape[dim];
    }
    return true;
  };
  std::int64_t expected = 1;
  bool contiguous = true;
  for (int i = shape.rank() - 1; i >= 0 && contiguous; --i) {
    contiguous = shape[i] == 1 || strides[i] == expected;
    expected *= shape[i];
  }
  if (contiguous || shape.numel() == 0) return Layout::contiguous;
  if (shape.rank() == 4 && dense({1, 3, 2, 0})) return Layout::channels_last;
  if (shape.rank() == 5 && dense({1, 4, 3, 2, 0})) return Layout::channels_last;
  return Layout::strided;
}

}  // namespace normdiff
