#include "reference/layers/call.hpp"

#include <algorithm>
#include <utility>

namespace normdiff::reference {

void StatisticUpdates::clear() {
  for (StatisticUpdate& update : list_) spare_.push_back(std::move(update.expected));
  list_.clear();
}

Bounded& StatisticUpdates::of(const Tensor& tensor) {
  for (StatisticUpdate& update : list_)
    if (update.storage == tensor.storage()) return update.expected;
  list_.push_back({tensor.storage(), {}});
  Bounded& expected = list_.back().expected;
  if (!spare_.empty()) {
    expected = std::move(spare_.back());
    spare_.pop_back();
    expected.value.clear();  // its memory stays
    expected.bound.clear();
  }
  return expected;
}

void give_input(LayerCall& call) {
  call.profile = uniform_profile(call.input.dtype);
  call.output = call.shape();
  call.gives_input = true;
  call.saves_nothing = true;
  reshape(call.input.values, call.output, call.stored);
}

void give_upstream(LayerGradient& gradient) {
  if (gradient.input) reshape(gradient.upstream, gradient.call.input.values.shape, *gradient.input);
}

void reshape(const Values& values, const Shape& shape, Bounded& out) {
  const std::int64_t n = shape.numel();
  out.shape = shape;
  out.trivial.clear();
  out.weak.clear();
  out.value.resize(static_cast<std::size_t>(n));
  out.bound.resize(static_cast<std::size_t>(n));
  for (std::int64_t i = 0; i < n; ++i) {
    const auto at = static_cast<std::size_t>(i);
    out.value[at] = values.at(i);
    out.bound[at] = values.error ? values.error[i] : 0;
  }
}

Folding plan_folding(LayerCall& call, const Tensor& weight) {
  const std::int64_t outputs = weight.shape()[0];
  std::vector<BatchNormParameters> behind;
  for (const BatchNormParameters& bn : *call.norms_behind) {
    if (bn.running_var->numel() != outputs || (bn.weight && bn.weight->numel() != outputs)) break;
    behind.push_back(bn);
  }
  Folding folding = folding_of(behind, outputs);
  const std::int64_t products = weight.numel() / std::max<std::int64_t>(outputs, 1);
  call.folded_norms = static_cast<int>(behind.size());
  call.folds = folding.bias(static_cast<double>(products), call.profile);
  return folding;
}

}  // namespace normdiff::reference
