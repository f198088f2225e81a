#include "reference/layers/flatten.hpp"

namespace normdiff::reference {

std::optional<Shape> Flatten::out(const Shape& in) const {
  if (in.rank() < 2) return in;
  Shape flat{in[0], 1};
  for (int i = 1; i < in.rank(); ++i) flat[1] = saturated_product(flat[1], in[i]);
  return flat;
}

// Documented: the input itself where nothing is to be flattened, else a view where one will do
// (https://docs.pytorch.org/docs/stable/generated/torch.flatten.html).
bool forward(LayerCall& call, const Flatten& layer) {
  call.profile = uniform_profile(call.input.dtype);
  call.output = *layer.out(call.shape());
  call.gives_input = call.shape().rank() == 2;
  call.saves_nothing = true;
  reshape(call.input.values, call.output, call.stored);
  call.branch = "flatten";
  return true;
}

void backward(LayerGradient& gradient, const Flatten&) {
  give_upstream(gradient);
  gradient.branch = "backward, flatten";
}

}  // namespace normdiff::reference
