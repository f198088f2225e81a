#include "harness/subjects/textbook/run.hpp"

// Shows what is seen after a step (harness/subject/subject.hpp).
namespace normdiff::textbook {

void Runner::show_tensor(Key key, const Tensor& tensor, bool requires_grad, bool is_leaf) {
  ObservedTensor seen;
  seen.dtype = tensor.dtype();
  seen.shape = tensor.shape();
  seen.strides = row_major_strides(tensor.shape());
  seen.requires_grad = requires_grad;
  seen.is_leaf = is_leaf;
  seen.data = static_cast<const std::byte*>(tensor.data());
  recorder_.tensor(key, seen);
}

void Runner::show_optional(Key key, const std::optional<Tensor>& tensor, bool requires_grad) {
  if (tensor)
    show_tensor(key, *tensor, requires_grad, true);
  else
    recorder_.none(key);
}

void Runner::show_module(NameId name, const Live& live) {
  for (std::size_t i = 0; i < live.places.size(); ++i) {
    Module& module = *live.places[i];
    const auto key = [&](Slot slot) { return Key{name, static_cast<std::uint16_t>(i), slot}; };
    const Key identity = key(Slot::identity);
    const auto first = first_place_.emplace(&module, identity.packed()).first->second;
    recorder_.integer(identity, static_cast<std::int64_t>(first));
    recorder_.flag(key(Slot::training), module.training);
    if (is_norm(module.spec->layer) && live.kind == NameKind::module) {
      if (module.momentum)
        recorder_.number(key(Slot::momentum), *module.momentum);
      else
        recorder_.none(key(Slot::momentum));
      recorder_.number(key(Slot::eps), module.eps);
      recorder_.flag(key(Slot::track_running_stats), module.track_running_stats);
    }
    const auto show_slot = [&](TensorSlot slot) {
      show_optional(key(slot_of(slot)), module[slot],
                    is_parameter(slot) && module.parameters[index_of(slot)]->requires_grad);
    };
    const auto show_gradient = [&](TensorSlot slot) {
      if (is_parameter(slot))
        show_optional(key(gradient_slot_of(slot)), module.parameters[index_of(slot)]->grad, false);
    };
    std::visit(
        [&](const auto& layer) {
          for (const TensorSlot slot : layer.slots) show_slot(slot);
          for (const TensorSlot slot : layer.slots) show_gradient(slot);
        },
        module.spec->layer);
  }
}

void Runner::show_artefact(NameId name, const Artefact& artefact) {
  const auto key = [name](std::size_t node, Slot slot) {
    return Key{name, static_cast<std::uint16_t>(node), slot};
  };
  recorder_.integer(key(0, Slot::onnx_batch_norms),
                    static_cast<std::int64_t>(artefact.norms.size()));
  for (std::size_t i = 0; i < artefact.norms.size(); ++i) {
    const NormNode& node = artefact.norms[i];
    recorder_.integer(key(i, Slot::onnx_training_mode), node.training_mode);
    recorder_.integer(key(i, Slot::onnx_outputs), node.outputs);
    recorder_.number(key(i, Slot::onnx_epsilon), node.epsilon);
    recorder_.number(key(i, Slot::onnx_momentum), node.momentum);
  }
}

void Runner::show(const Step& step) {
  for (const NameId name : shown_) {
    const Live& live = lives_[name];
    if (is_tree(name)) {
      show_module(name, live);
    } else {
      show_tensor({name, 0, Slot::value}, live.tensor, live.requires_grad, true);
      show_optional({name, 0, Slot::grad}, live.grad, false);
    }
  }
  if (const auto* forward = std::get_if<Forward>(&step)) {
    const bool made = lives_[forward->result].kind == NameKind::result;
    for (std::size_t i = 0; i + (made ? 1 : 0) < leaf_outputs_.size(); ++i)
      show_tensor({forward->result, static_cast<std::uint16_t>(i), Slot::leaf_output},
                  leaf_outputs_[i].tensor, leaf_outputs_[i].requires_grad,
                  leaf_outputs_[i].is_leaf);
    if (made) {
      const Live& result = lives_[forward->result];
      show_tensor({forward->result, 0, Slot::value}, result.tensor, result.requires_grad,
                  result.is_leaf);
    }
  } else if (const auto* backward = std::get_if<Backward>(&step)) {
    for (const auto& [call, gradient] : leaf_gradients_)
      show_tensor({backward->output, static_cast<std::uint16_t>(call), Slot::leaf_output_grad},
                  gradient, false, true);
  } else if (const auto* exported = std::get_if<OnnxExport>(&step);
             exported && lives_[exported->result].artefact) {
    show_artefact(exported->result, *lives_[exported->result].artefact);
  }
}

}  // namespace normdiff::textbook
