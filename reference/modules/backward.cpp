#include "reference/modules/backward.hpp"

#include <cmath>
#include <limits>

#include "reference/numeric/judge.hpp"

namespace normdiff::reference {

Comparison InputGradient::compare(const void* observed) const {
  return reference::compare(*stored_, observed, dtype_);
}

namespace {

void add_to(Bounded& to, std::size_t i, const Expected<double>& added, double u) {
  const Expected<double> both = sum({to.value[i], to.bound[i]}, added, u);
  to.value[i] = both.value;
  to.bound[i] = both.bound;
}

void run_layer(LayerGradient& gradient, const Layer& layer) {
  std::visit(
      [&gradient](const auto& x) {
        if constexpr (!std::remove_cvref_t<decltype(x)>::traits.is_container) backward(gradient, x);
      },
      layer);
}

}  // namespace

void accumulate(const Tensor* before, const Bounded& added, DType dtype, Bounded& sum) {
  const double u = unit_roundoff(dtype);
  const double largest = dtypes[dtype].largest;
  sum = added;
  sum.trivial.assign(sum.value.size(), 0.0);
  for (std::size_t i = 0; i < sum.value.size(); ++i) {
    if (before) {
      const double old = before->at(static_cast<std::int64_t>(i));
      sum.trivial[i] = old;
      add_to(sum, i, {old, 0}, u);
    }
    // Near overflow an honest implementation may be on either side of it.
    if (std::isfinite(sum.value[i]) && std::abs(sum.value[i]) + sum.bound[i] > largest / 4)
      sum.bound[i] = -1;
  }
}

void accumulate(const Tensor* before, const ParameterGradient& added, DType dtype, Bounded& sum) {
  accumulate(before, added.expected, dtype, sum);
  if (before == nullptr || added.uses == 1) return;
  // No partial sum is above |before| + reach, but for roundings that the slack of 2 covers.
  const double u = unit_roundoff(dtype);
  for (std::size_t i = 0; i < sum.bound.size(); ++i) {
    const double old = std::abs(before->at(static_cast<std::int64_t>(i)));
    const double rounding = (added.uses - 1) * 2 * u * (old + added.reach[i]);
    if (std::isfinite(rounding) && !(sum.bound[i] < 0)) sum.bound[i] += rounding;
  }
}

void BackwardPass::add(Module* module, TensorSlot slot, const Bounded& gradient, double u) {
  // Modules may share a tensor (a script module has one for each place): its uses add up too.
  const auto storage = [slot](const Module* m) -> const Storage* {
    const Tensor* tensor = m->find(slot);
    return tensor ? tensor->storage() : nullptr;
  };
  for (ParameterGradient& known : parameters_)
    if (known.slot == slot &&
        (known.module == module || (storage(module) && storage(known.module) == storage(module)))) {
      if (known.uses++ == 1)
        for (const double value : known.expected.value) known.reach.push_back(std::abs(value));
      for (std::size_t i = 0; i < gradient.value.size(); ++i) {
        add_to(known.expected, i, {gradient.value[i], gradient.bound[i]}, u);
        known.reach[i] += std::abs(gradient.value[i]);
      }
      return;
    }
  parameters_.push_back({module, slot, gradient, 1, {}});
}

void BackwardPass::run(const Tape& tape, const Values& upstream, const AtLeaf& at_leaf,
                       bool stop_at_modified) {
  parameters_.clear();
  input_ = nullptr;
  stopped_at_.reset();
  if (buffers_.size() < tape.calls.size() + 1) buffers_.resize(tape.calls.size() + 1);
  Values gradient = upstream;
  for (std::size_t i = tape.calls.size(); i-- > 0;) {
    const TapeEntry& call = tape.calls[i];
    const bool is_freed = tape.freed && !call.saves_nothing;
    if (is_freed || (stop_at_modified && call.modified)) {
      stopped_at_ = i;
      return;
    }
    Bounded& dx = buffers_[i];
    Bounded* want_dx = call.input_requires_grad ? &dx : nullptr;
    gradient.shape = call.output;
    LayerGradient layer{.call = call,
                        .upstream = gradient,
                        .input = want_dx,
                        .parameters = {},
                        .batch_norm = forward_,
                        .batch_norm_backward = backward_};
    for (std::size_t slot = 0; slot < parameter_slot_count; ++slot)
      if (call.parameter_requires_grad[slot]) layer.parameters[slot] = &gradients_[slot];
    run_layer(layer, call.layer);
    for (const TensorSlot slot : parameter_slots)
      if (const Bounded* added = layer.of(slot)) add(call.module, slot, *added, call.profile.us);
    if (!want_dx) return;
    dx.shape = call.input.values.shape;
    InputGradient out;
    out.module_ = call.module;
    out.branch_ = layer.branch;
    out.shape_ = dx.shape;
    out.dtype_ = tape.dtype;
    out.stored_ = &dx;
    std::optional<Values> seen;
    if (at_leaf) seen = at_leaf(static_cast<int>(i), out);
    gradient = seen ? *seen : dx.values();
    if (i == 0) input_ = &dx;
  }
  if (tape.calls.empty()) {
    // Nothing between the output and the input: the gradient is the upstream one.
    Bounded& dx = buffers_[0];
    const std::size_t n = static_cast<std::size_t>(upstream.shape.numel());
    dx.shape = upstream.shape;
    dx.trivial.clear();
    dx.value.resize(n);
    dx.bound.assign(n, 0.0);
    for (std::size_t k = 0; k < n; ++k) dx.value[k] = upstream.at(static_cast<std::int64_t>(k));
    input_ = &dx;
  }
}

}  // namespace normdiff::reference
