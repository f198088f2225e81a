#include "harness/subjects/libtorch/observe.hpp"

namespace normdiff::libtorch {
namespace {

void show_gradient(Recorder& recorder, Key key, const at::Tensor& of) {
  // A tensor that needs no gradient can still have one; only `defined` says.
  if (!of.defined()) return recorder.none(key);
  show(recorder, key, of.grad());
}

void show_momentum(Recorder& recorder, Key key, double momentum) {
  recorder.number(key, momentum);
}
template <class Optional>
void show_momentum(Recorder& recorder, Key key, const Optional& momentum) {
  if (momentum.has_value())
    recorder.number(key, *momentum);
  else
    recorder.none(key);
}

template <class KeyOf, class Options>
void show_options(Recorder& recorder, const KeyOf& key, const Options& options) {
  show_momentum(recorder, key(Slot::momentum), options.momentum());
  recorder.number(key(Slot::eps), options.eps());
  recorder.flag(key(Slot::track_running_stats), options.track_running_stats());
}

}  // namespace

void show(Recorder& recorder, Key key, const at::Tensor& tensor) {
  if (!tensor.defined()) return recorder.none(key);
  ObservedTensor seen;
  const at::IntArrayRef sizes = tensor.sizes();
  if (sizes.size() > static_cast<std::size_t>(Shape::max_rank))
    return recorder.text(key, "a tensor of more dimensions than any scenario has");
  const at::IntArrayRef strides = tensor.strides();
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    seen.shape.push_back(sizes[i]);
    seen.strides.push_back(strides[i]);
  }
  if (const auto dtype = dtype_of(tensor.scalar_type())) {
    seen.dtype = *dtype;
    seen.data = static_cast<const std::byte*>(tensor.unsafeGetTensorImpl()->data());
  } else {
    seen.known_dtype = false;
  }
  seen.requires_grad = tensor.requires_grad();
  seen.is_leaf = !seen.requires_grad || tensor.is_leaf();
  recorder.tensor(key, seen);
}

void show_module(Recorder& recorder, NameId name, const std::vector<Node>& nodes) {
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Node& node = nodes[i];
    const auto key = [&](Slot slot) { return Key{name, static_cast<std::uint16_t>(i), slot}; };
    recorder.flag(key(Slot::training), node.module->is_training());
    if (node.weight == nullptr) continue;
    node.norm.with_options([&](const auto& options) { show_options(recorder, key, options); });
    show(recorder, key(Slot::weight), *node.weight);
    show(recorder, key(Slot::bias), *node.bias);
    if (node.norm.running_mean != nullptr) {
      show(recorder, key(Slot::running_mean), *node.norm.running_mean);
      show(recorder, key(Slot::running_var), *node.norm.running_var);
      show(recorder, key(Slot::num_batches_tracked), *node.norm.num_batches_tracked);
    }
    show_gradient(recorder, key(Slot::weight_grad), *node.weight);
    show_gradient(recorder, key(Slot::bias_grad), *node.bias);
  }
}

void show_tensor(Recorder& recorder, NameId name, const at::Tensor& tensor) {
  show(recorder, {name, 0, Slot::value}, tensor);
  show_gradient(recorder, {name, 0, Slot::grad}, tensor);
}

}  // namespace normdiff::libtorch
