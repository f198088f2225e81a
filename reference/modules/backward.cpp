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

/// A gradient is that of a module's parameter also where another module holds the same tensor: a
/// script has a module for each place.
bool is_of(const ParameterGradient& gradient, const Module& module, TensorSlot slot) {
  if (gradient.slot != slot) return false;
  const Tensor* own = module.find(slot);
  const Tensor* known = gradient.module->find(slot);
  return gradient.module == &module || (own && known && own->storage() == known->storage());
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
  for (ParameterGradient& known : parameters_)
    if (is_of(known, *module, slot)) {
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

Bounded& BackwardPass::buffer() {
  if (used_ == buffers_.size()) buffers_.emplace_back();
  return buffers_[used_++];
}

void BackwardPass::drop_unfinished(const Tape& tape, std::size_t calls) {
  for (std::size_t i = calls; i-- > 0;) {
    const TapeEntry& call = tape.calls[i];
    for (const TensorSlot slot : parameter_slots)
      if (call.parameter_requires_grad[index_of(slot)])
        std::erase_if(parameters_,
                      [&](const auto& known) { return is_of(known, *call.module, slot); });
    if (!call.input_requires_grad) return;
  }
  if (tape.before) drop_unfinished(*tape.before, tape.before->calls.size());
}

bool BackwardPass::refuses(const TapeEntry& call, const BackwardOptions& options) {
  if (call.freed && !call.saves_nothing)
    refusal_ = Refusal{ErrorKind::graph_freed, "backward a second time"};
  else if (call.modified && !options.past_modified)
    refusal_ = Refusal{ErrorKind::modified_in_place, "a tensor that the graph saved was changed"};
  if (refusal_) refused_by_ = call.module;
  return refusal_.has_value();
}

void BackwardPass::run_call(TapeEntry& call, const Values& gradient, Tier tier, Bounded* input) {
  LayerGradient layer{.call = call,
                      .upstream = gradient,
                      .profile = tier == Tier::probable ? probable(call.profile) : call.profile,
                      .input = input,
                      .parameters = {},
                      .batch_norm = forward_,
                      .batch_norm_backward = backward_};
  layer.upstream.shape = call.output;
  for (const TensorSlot slot : parameter_slots) {
    const std::size_t at = index_of(slot);
    if (call.parameter_requires_grad[at] && call.module->requires_grad[at])
      layer.parameters[at] = &gradients_[at];
  }
  run_layer(layer, call.layer);
  for (const TensorSlot slot : parameter_slots)
    if (const Bounded* added = layer.of(slot)) add(call.module, slot, *added, call.profile.us);
  branch_ = layer.branch;
}

bool BackwardPass::run_through(Tape& tape, Values& gradient, const AtLeaf& at_leaf,
                               const BackwardOptions& options) {
  for (std::size_t i = tape.calls.size(); i-- > 0;) {
    TapeEntry& call = tape.calls[i];
    if (refuses(call, options)) {
      drop_unfinished(tape, i + 1);
      return false;
    }
    Bounded& dx = buffer();
    run_call(call, gradient, options.tier, call.input_requires_grad ? &dx : nullptr);
    call.freed = call.freed || !options.retain_graph;
    if (!call.input_requires_grad) return false;
    dx.shape = call.input.values.shape;
    InputGradient out;
    out.module_ = call.module;
    out.branch_ = branch_;
    out.shape_ = dx.shape;
    out.dtype_ = tape.dtype;
    out.stored_ = &dx;
    std::optional<Values> seen;
    if (at_leaf) seen = at_leaf(static_cast<int>(i), out);
    gradient = seen ? *seen : dx.values();
    input_ = &dx;
  }
  return true;
}

void BackwardPass::run(Tape& tape, const Values& upstream, const AtLeaf& at_leaf,
                       const BackwardOptions& options) {
  parameters_.clear();
  input_ = nullptr;
  refusal_.reset();
  refused_by_ = nullptr;
  used_ = 0;
  Values gradient = upstream;
  bool goes_on = run_through(tape, gradient, at_leaf, options);
  for (Tape* before = tape.before.get(); goes_on && before; before = before->before.get())
    goes_on = run_through(*before, gradient, {}, options);
  if (!goes_on) {
    input_ = nullptr;
  } else if (!input_) {
    // Nothing between the output and the input: the gradient is the upstream one.
    Bounded& dx = buffer();
    reshape(upstream, upstream.shape, dx);
    input_ = &dx;
  }
}

}  // namespace normdiff::reference
