#include "harness/subjects/textbook/run.hpp"

// Forward and backward through a tree.
namespace normdiff::textbook {

std::optional<Refusal> Runner::walk(const ModulePtr& module, Walk& w) {
  if (module->is_sequential()) {
    for (const auto& [name, child] : module->children)
      if (auto refusal = walk(child, w)) return refusal;
    return std::nullopt;
  }
  const std::size_t number = w.calls.size();
  Manner manner{fault_, checks, {}};
  if (number < w.baked.size()) manner.baked = w.baked[number];
  Call call;
  call.input_requires_grad = w.flow.requires_grad;
  for (std::size_t k = 0; k < call.parameter_requires_grad.size(); ++k)
    call.parameter_requires_grad[k] =
        module->parameters[k]->tensor.has_value() && module->parameters[k]->requires_grad;
  auto output = forward(module, w.flow.tensor, manner, call);
  if (auto* refusal = std::get_if<Refusal>(&output)) return std::move(*refusal);
  // The input itself is what it was, also under no_grad.
  if (!call.gives_input) {
    w.flow.requires_grad = w.grad && (w.flow.requires_grad ||
                                      call.parameter_requires_grad != std::array{false, false});
    w.flow.is_leaf = !w.flow.requires_grad;
  }
  w.flow.tensor = std::get<Tensor>(std::move(output));
  if (w.result) {
    const auto place = static_cast<std::uint16_t>(number);
    if (on_flow)
      on_flow(number == w.last ? Key{*w.result, 0, Slot::value}
                               : Key{*w.result, place, Slot::leaf_output},
              w.flow.tensor);
    leaf_outputs_.push_back(w.flow);
  }
  w.calls.push_back(std::move(call));
  return std::nullopt;
}

std::optional<Refusal> Runner::run_through(const ModulePtr& root, const Live& input) {
  Walk forward;
  forward.flow = {input.tensor, input.requires_grad, true};
  return walk(root, forward);
}

}  // namespace normdiff::textbook
