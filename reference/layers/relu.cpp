#include "reference/layers/relu.hpp"

#include "reference/ops/relu.hpp"

namespace normdiff::reference {

bool forward(LayerCall& call, const ReLU&) {
  call.profile = uniform_profile(call.input.dtype);
  relu(call.input.values, call.stored);
  call.output = call.shape();
  call.branch = "relu";
  return true;
}

void backward(LayerGradient& gradient, const ReLU&) {
  if (gradient.input) relu_backward(gradient.call.input.values, gradient.upstream, *gradient.input);
  gradient.branch = "backward, relu";
}

}  // namespace normdiff::reference
