#include "harness/check/comparison.hpp"

#include <algorithm>

namespace normdiff {

Verdict verdict_of(const reference::Comparison& c) {
  if (c.outside > 0) return Verdict::diverged;
  if (c.elements() == c.equal) return Verdict::equal;
  if (c.lost > 0) return Verdict::algorithmic_loss;
  const std::int64_t within = c.equal + c.within;
  const std::int64_t most = std::max({within, c.loose, c.ill_conditioned, c.poisoned});
  if (most == within) return Verdict::within_bound;
  if (most == c.loose) return Verdict::loose;
  return most == c.ill_conditioned ? Verdict::ill_conditioned : Verdict::poisoned;
}

const ObservedTensor* tensor_with(const TensorFacts& facts, const Value* observed) {
  const auto* tensor = observed ? std::get_if<ObservedTensor>(observed) : nullptr;
  const bool same = tensor && tensor->known_dtype && tensor->dtype == facts.dtype &&
                    tensor->shape == facts.shape && tensor->requires_grad == facts.requires_grad &&
                    tensor->is_leaf == facts.is_leaf && tensor->storage == facts.storage;
  return same ? tensor : nullptr;
}

}  // namespace normdiff
