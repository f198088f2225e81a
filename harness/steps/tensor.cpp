#include "harness/generate/draft.hpp"
#include "harness/model/execute.hpp"

namespace normdiff {

Execution execute(Context& c, const MakeTensor& step) {
  Live& live = c.world.define(step.result, NameKind::tensor);
  live.requires_grad = step.requires_grad;
  // The elements of x are the harness's own data: the subject must show exactly that.
  const Key key{step.result, 0, Slot::value};
  const std::size_t bytes =
      static_cast<std::size_t>(step.shape.numel()) * reference::size_of(step.dtype);
  c.work.gradient.resize(bytes + 8);
  make_data(step.data, step.seed, step.shape.numel(), step.dtype, c.work.gradient.data());
  ObservedTensor expected;
  expected.dtype = step.dtype;
  expected.shape = step.shape;
  expected.requires_grad = step.requires_grad;
  expected.data = c.work.gradient.data();
  const Origin origin{no_leaf, "tensor", std::nullopt};
  c.expect.exact(key, Value{expected}, origin);
  // The bits that later steps read are the observed ones: they live as long as the trace.
  if (const Value* now = c.observed.now(key))
    if (const auto* tensor = std::get_if<ObservedTensor>(now); tensor && tensor->known_dtype &&
                                                               tensor->dtype == step.dtype &&
                                                               tensor->shape == step.shape) {
      live.values = tensor->values();
      live.layout = layout_of(tensor->shape, tensor->strides);
    }
  return {{}, origin, {}, nullptr};
}

void draw(Draft& draft, KindOf<MakeTensor>) {
  const DraftedPath path = draft.any_eager(0.85);
  const DType dtype = draft.group(path).dtype;
  draft.make_tensor(draft.shape_for(draft.takes(path)), dtype, false);
}

}  // namespace normdiff
