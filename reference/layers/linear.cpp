#include "reference/layers/linear.hpp"

#include "reference/ops/linear.hpp"

namespace normdiff::reference {

std::optional<Shape> Linear::out(const Shape& in) const {
  const int last = in.rank() - 1;
  if (last < 0 || in[last] != in_features) return std::nullopt;
  Shape out = in;
  out[last] = out_features;
  return out;
}

Products Linear::products(const Shape&, const Shape& out) const {
  const double products = elements(out) * static_cast<double>(in_features);
  return {products, 2 * products};
}

bool forward(LayerCall& call, const Linear&) {
  const Shape& x = call.shape();
  const Tensor* weight = call.find(TensorSlot::weight);
  const Tensor* bias = call.find(TensorSlot::bias);
  if (call.differs(TensorSlot::weight))
    call.refuse(ErrorKind::dtype_mismatch, "input and weight differ in dtype");
  if (weight == nullptr || weight->shape().rank() != 2) {
    call.refuse(ErrorKind::shape_mismatch, "a weight that is no matrix");
    return false;
  }
  // One bias does for all outputs (torch.addmm: what is added may be broadcast).
  if (x[x.rank() - 1] != weight->shape()[1] ||
      (bias && bias->numel() != weight->shape()[0] && bias->numel() != 1))
    call.refuse(ErrorKind::shape_mismatch, "another number of features");
  if (call.is_refused()) return false;
  call.profile = uniform_profile(call.input.dtype);
  // A norm takes another dimension for its channels where the output has more than two.
  const bool is_table = x.rank() == 2;
  Folding folding;
  if (call.norms_behind && is_table) folding = plan_folding(call, *weight);
  linear(call.input.values, *weight, bias, call.profile, call.stored,
         call.folded_norms > 0 ? &folding : nullptr);
  call.output = call.stored.shape;
  call.branch = "linear";
  return true;
}

void backward(LayerGradient& gradient, const Linear&) {
  const SavedCall& call = gradient.call;
  linear_backward(call.input.values, *call.find(TensorSlot::weight), call.find(TensorSlot::bias),
                  gradient.upstream, gradient.profile, gradient.input,
                  gradient.of(TensorSlot::weight), gradient.of(TensorSlot::bias));
  gradient.branch = "backward, linear";
}

}  // namespace normdiff::reference
