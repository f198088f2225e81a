#include "tests/harness/check/fake_subject.hpp"

#include <algorithm>

#include "harness/scenario/plan.hpp"
#include "reference/modules/backward.hpp"

// Forward and backward through a tree, leaf by leaf.
namespace normdiff::testing {
namespace {

using Bytes = std::vector<std::byte>;

Bytes rounded(const reference::Values& values, DType dtype) {
  reference::Tensor tensor(dtype, values.shape);
  for (std::int64_t i = 0; i < tensor.numel(); ++i) tensor.set(i, values.at(i));
  const auto* data = static_cast<const std::byte*>(std::as_const(tensor).data());
  return Bytes(data, data + static_cast<std::size_t>(tensor.numel()) * reference::size_of(dtype));
}

}  // namespace

bool FakeSubject::run_leaves(reference::Module& module, Walk& w) {
  if (is_container(module.layer)) {
    for (auto& [name, child] : module.children)
      if (!run_leaves(*child, w)) return false;
    return true;
  }
  auto tape = std::make_shared<reference::Tape>();
  reference::ForwardOptions options;
  options.grad = w.grad;
  options.input_requires_grad = w.requires_grad;
  options.past_soft_refusals = accept.count(step_) > 0;
  options.arithmetic = &reference::any_implementation();
  reference::ForwardPass pass;
  w.ranks.push_back(w.now.values.shape.rank());
  // Each leaf is the root of a forward of its own here.
  auto calls = std::exchange(module.traced_calls, {});
  if (const auto call = static_cast<std::size_t>(w.calls); call < w.traced.size())
    module.traced_calls = {w.traced[call]};
  pass.run(module, w.now, options, {}, tape.get());
  module.traced_calls = std::move(calls);
  if (pass.calls() == 0) {
    w.refusals = pass.refusals();
    return false;
  }
  w.requires_grad = pass.requires_grad();
  const DType dtype = w.now.dtype;
  const Shape shape = pass.last().values.shape;
  Bytes out = rounded(pass.last().values, dtype);
  if (w.result) {
    const Key key = w.calls == w.last
                        ? Key{*w.result, 0, Slot::value}
                        : Key{*w.result, static_cast<std::uint16_t>(w.calls), Slot::leaf_output};
    if (lied(key)) spoil(out.data(), dtype, shape.numel());
  }
  w.buffers.push_back(std::move(out));
  w.facts.emplace_back(shape, w.requires_grad);
  w.now = {{w.buffers.back().data(), dtype, shape, nullptr}, dtype, {}};
  if (w.tapes) w.tapes->push_back(tape);
  ++w.calls;
  return true;
}

int FakeSubject::leaves(reference::Module& root) {
  const auto places = reference::places(root);
  return static_cast<int>(
      std::count_if(places.begin(), places.end(),
                    [](const reference::Module* m) { return !is_container(m->layer); }));
}

void FakeSubject::play(const Forward& s) {
  if (!has(s.module.name) || !has(s.input)) return;
  const Thing& artefact = live_.at(s.module.name);
  const Thing& x = live_.at(s.input);
  reference::Module& root = artefact.exported ? *artefact.exported->model : at(s.module);
  if (artefact.exported && (x.shape != artefact.shape || x.dtype != artefact.dtype))
    return fail(x.shape != artefact.shape ? reference::ErrorKind::shape_mismatch
                                          : reference::ErrorKind::dtype_mismatch);
  auto result = std::make_shared<Thing>();
  result->input = s.input;
  result->dtype = x.dtype;
  const bool grad = s.grad && !artefact.exported;
  Walk walk{grad, grad && x.requires_grad, {x.values(), x.dtype, {}}, {}, &result->tapes, {}, 0};
  walk.traced = root.traced_calls;
  walk.result = s.result;
  walk.last = leaves(root) - 1;
  const bool done = run_leaves(root, walk);
  result->shape = walk.now.values.shape;
  result->graph = walk.requires_grad;
  result->buffers = std::move(walk.buffers);
  const bool only_the_value = artefact.exported.has_value();
  for (int call = 0; call < walk.calls; ++call) {
    const bool last = call == walk.last;
    if (!last && only_the_value) continue;
    const auto [shape, requires_grad] = walk.facts[static_cast<std::size_t>(call)];
    shown_.push_back([this, s, call, last, result, shape = shape, requires_grad = requires_grad] {
      show({s.result, static_cast<std::uint16_t>(last ? 0 : call),
            last ? Slot::value : Slot::leaf_output},
           result->buffers[static_cast<std::size_t>(call)].data(), result->dtype, shape,
           requires_grad, !requires_grad);
    });
  }
  if (!done) return fail(walk.refusals.front().kind);
  if (walk.last < 0)
    shown_.push_back([this, s, &x] {
      show({s.result, 0, Slot::value}, x.data.data(), x.dtype, x.shape, x.requires_grad, true);
    });
  add(s.result);
  // The bytes are shared with what is shown: keep both.
  live_[s.result] = *result;
  for (std::size_t i = 0; i < result->tapes.size(); ++i)
    result->tapes[i]->calls[0].input.values.data =
        i == 0 ? static_cast<const void*>(x.data.data())
               : static_cast<const void*>(live_[s.result].buffers[i - 1].data());
}

void FakeSubject::play(const Backward& s) {
  if (!has(s.output)) return;
  Thing& y = live_.at(s.output);
  if (!y.graph) return fail(reference::ErrorKind::no_graph);
  const bool saves = std::any_of(y.tapes.begin(), y.tapes.end(),
                                 [](const auto& tape) { return tape->saves_tensors; });
  if (y.freed && saves) return fail(reference::ErrorKind::graph_freed);
  y.freed = !s.retain_graph;
  auto upstream = std::make_shared<Bytes>(static_cast<std::size_t>(y.shape.numel()) * 8 + 8);
  make_gradient(s, y.shape.numel(), y.dtype, upstream->data());
  Shape shape = y.shape;
  bool reaches = true;
  for (std::size_t i = y.tapes.size(); i-- > 0 && reaches;) {
    const reference::Tape& tape = *y.tapes[i];
    reference::BackwardPass pass;
    pass.run(tape, {upstream->data(), y.dtype, shape, nullptr}, {});
    for (const reference::ParameterGradient& g : pass.parameters()) {
      const auto which = static_cast<std::size_t>(g.slot);
      accumulate(g.module->tensors[which]->storage(), y.dtype, g.module->tensors[which]->shape(),
                 g.expected);
    }
    reaches = pass.input() != nullptr;
    if (!reaches) break;
    shape = pass.input()->shape;
    upstream = std::make_shared<Bytes>(rounded(pass.input()->values(), y.dtype));
    if (i == 0) break;
    const Key key{s.output, static_cast<std::uint16_t>(i - 1), Slot::leaf_output_grad};
    if (lied(key)) spoil(upstream->data(), y.dtype, shape.numel());
    shown_.push_back([this, key, upstream, shape, dtype = y.dtype] {
      show(key, upstream->data(), dtype, shape, false, true);
    });
  }
  Thing& x = live_.at(y.input);
  if (!x.requires_grad || !reaches) return;
  const reference::Values dx{upstream->data(), y.dtype, shape, nullptr};
  if (!x.grad) x.grad = reference::Tensor(y.dtype, shape);
  for (std::int64_t i = 0; i < shape.numel(); ++i) x.grad->set(i, x.grad->at(i) + dx.at(i));
}

void FakeSubject::accumulate(const reference::Storage* parameter, DType dtype, const Shape& shape,
                             const reference::Bounded& added) {
  const auto [at, is_new] = grads_.emplace(parameter, reference::Tensor());
  if (is_new) at->second = reference::Tensor(dtype, shape);
  for (std::int64_t i = 0; i < shape.numel(); ++i)
    at->second.set(i, at->second.at(i) + added.value[static_cast<std::size_t>(i)]);
}

}  // namespace normdiff::testing
