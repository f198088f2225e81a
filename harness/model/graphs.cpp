#include "harness/model/execute.hpp"

namespace normdiff {

using reference::Module;
using reference::Tensor;

namespace {

bool shares_tensor(const Module& a, const Module& b) {
  for (const auto& x : a.tensors)
    for (const auto& y : b.tensors)
      if (x && y && x->storage() == y->storage()) return true;
  return false;
}

}  // namespace

void make_stale(World& world, Module& root) {
  for (NameId name : world.order) {
    Live& live = world.names[name];
    if (!live.tape || live.tape->stale) continue;
    for (const Module* changed : reference::places(root))
      for (const reference::TapeEntry& call : live.tape->calls)
        if (call.module == changed || shares_tensor(*call.module, *changed))
          live.tape->stale = true;
  }
}

void mark_modified(World& world, const Tensor& tensor) {
  for (NameId name : world.order) {
    if (!world.names[name].tape) continue;
    for (reference::TapeEntry& call : world.names[name].tape->calls)
      for (const TensorSlot slot : all_of<TensorSlot>) {
        const auto& now = call.module->tensors[slot];
        if (now && now->storage() == tensor.storage() && reference::saves(call, slot))
          call.modified = true;
      }
  }
}

}  // namespace normdiff
