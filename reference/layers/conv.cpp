#include "reference/layers/conv.hpp"

#include <algorithm>
#include <string>

namespace normdiff::reference {
namespace {

constexpr std::array<const char*, 3> forward_branches = {"conv1d", "conv2d", "conv3d"};
constexpr std::array<const char*, 3> backward_branches = {"backward, conv1d", "backward, conv2d",
                                                          "backward, conv3d"};

/// A batch of one in front of an input that has none.
Shape with_batch(const Shape& x, int dims) {
  if (x.rank() == dims + 2) return x;
  Shape batched{1};
  for (const std::int64_t size : x) batched.push_back(size);
  return batched;
}
Shape without_batch(const Shape& x) {
  Shape single;
  for (int i = 1; i < x.rank(); ++i) single.push_back(x[i]);
  return single;
}

void check(LayerCall& call, const Shape& in, const Tensor& weight, const Tensor* bias,
           const Windows& windows) {
  const Shape& w = weight.shape();
  if (w[0] % windows.groups != 0)
    call.refuse(ErrorKind::shape_mismatch, "groups does not divide the outputs of the weight");
  if (in[1] != w[1] * windows.groups)
    call.refuse(ErrorKind::channel_mismatch, "another number of channels");
  bool fits = true;
  for (int i = 2; i < in.rank(); ++i) fits &= in[i] + 2 * windows.padding >= w[i];
  if (!fits) call.refuse(ErrorKind::shape_mismatch, "the kernel is larger than the padded input");
  // PyTorch says so in its error only: whatever the padding, images must have elements.
  if (in[0] != 0 && in[1] != 0 && in.numel() == 0)
    call.refuse(ErrorKind::shape_mismatch, "images without elements");
  if (bias && bias->numel() != w[0])
    call.refuse(ErrorKind::shape_mismatch, "weight and bias do not fit");
}

}  // namespace

std::optional<ArgumentProblem> ConvOptions::problem() const {
  const auto undivided = [this](const char* name, std::int64_t channels) {
    return ArgumentProblem{"groups", "groups divides both numbers of channels, and " +
                                         std::to_string(groups) + " does not divide " + name +
                                         ", " + std::to_string(channels) +
                                         "; choose a divisor of both"};
  };
  if (in_channels % groups != 0) return undivided("in_channels", in_channels);
  if (out_channels % groups != 0) return undivided("out_channels", out_channels);
  return std::nullopt;
}

Shape ConvOptions::weight_shape(int dims) const {
  Shape shape{out_channels, in_channels / groups};
  for (int i = 0; i < dims; ++i) shape.push_back(kernel_size);
  return shape;
}

std::optional<Shape> ConvOptions::out(const Shape& in, int dims) const {
  const int channels = in.rank() - dims - 1;
  if (channels < 0 || channels > 1 || in[channels] != in_channels) return std::nullopt;
  Shape out = in;
  out[channels] = out_channels;
  for (int i = channels + 1; i < in.rank(); ++i) {
    out[i] = windows().count(in[i], kernel_size);
    if (out[i] == 0) return std::nullopt;
  }
  return out;
}

// A backward multiplies as often for the weight, and for the input the kernel for each element
// taken, whatever the stride.
Products ConvOptions::products(const Shape& in, const Shape& out, int dims) const {
  constexpr double per_element = 16;  // taken: for computing, bounding and keeping it
  double kernel = 1;
  for (int i = 0; i < dims; ++i) kernel *= static_cast<double>(kernel_size);
  const double products = elements(out) * static_cast<double>(in_channels / groups) * kernel;
  const double readers = static_cast<double>(out_channels / groups) * kernel;
  return {products, products + elements(in) * (readers + per_element)};
}

// Documented: https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html.
bool forward_conv(LayerCall& call, const ConvOptions& options, int dims) {
  const Shape in = with_batch(call.shape(), dims);
  const Tensor* weight = call.find(TensorSlot::weight);
  const Tensor* bias = call.find(TensorSlot::bias);
  if (call.differs(TensorSlot::weight)) {
    const bool only_weight =
        weight->numel() > 0 && !call.differs(TensorSlot::bias) && in.numel() == 0;
    if (only_weight && call.options.unchecked.empty_input)
      call.left_out.empty_input = true;
    else
      call.refuse(ErrorKind::dtype_mismatch, "input and weight differ in dtype");
  }
  if (weight == nullptr || weight->shape().rank() != dims + 2) {
    call.refuse(ErrorKind::shape_mismatch, "a weight that is no kernel");
    return false;
  }
  check(call, in, *weight, bias, options.windows());
  if (call.is_refused()) return false;
  Values values = call.input.values;
  values.shape = in;
  call.profile = uniform_profile(call.input.dtype);
  Folding folding;
  if (call.norms_behind) folding = plan_folding(call, *weight);
  conv(values, *weight, bias, options.windows(), call.profile, call.stored,
       call.folded_norms > 0 ? &folding : nullptr);
  if (call.shape().rank() == dims + 1) call.stored.shape = without_batch(call.stored.shape);
  call.output = call.stored.shape;
  call.branch = forward_branches[static_cast<std::size_t>(dims - 1)];
  return true;
}

void backward_conv(LayerGradient& gradient, const ConvOptions& options, int dims) {
  const SavedCall& call = gradient.call;
  Values x = call.input.values;
  Values upstream = gradient.upstream;
  x.shape = with_batch(x.shape, dims);
  upstream.shape = with_batch(upstream.shape, dims);
  conv_backward(x, *call.find(TensorSlot::weight), upstream, options.windows(), gradient.profile,
                gradient.input, gradient.of(TensorSlot::weight), gradient.of(TensorSlot::bias));
  gradient.branch = backward_branches[static_cast<std::size_t>(dims - 1)];
}

}  // namespace normdiff::reference
