#include "harness/generate/draft.hpp"
#include "harness/model/execute.hpp"
#include "harness/scenario/plan.hpp"

namespace normdiff {

using reference::Module;

namespace {

/// Says why a backward is underived that goes through a result's graph, and on through those of the
/// results that it was made from; nullptr: it is derived.
const char* why_underived(const World& world, const Live& result) {
  for (const Live* from = &result; from->kind == NameKind::result;
       from = &world.names[from->input]) {
    if (from->underived) return "its forward was done against the documentation";
    if (from->tape && from->tape->requires_grad && from->tape->stale)
      return "a tensor of the graph was cast or replaced since, or a backward went through it that "
             "is not derived";
    if (!world.names[from->input].requires_grad) break;
  }
  return nullptr;
}

/// A backward that is not derived may have freed the graphs that it goes through.
void forget_graphs(World& world, Live& result) {
  for (Live* from = &result; from->kind == NameKind::result; from = &world.names[from->input]) {
    if (from->tape) from->tape->stale = true;
    if (!world.names[from->input].requires_grad) break;
  }
}

}  // namespace

Execution execute(Context& c, const Backward& step) {
  Execution execution;
  execution.origin = {no_leaf, "backward", std::nullopt};
  Live& live = c.world.names[step.output];
  const std::shared_ptr<reference::Tape> tape = live.tape;
  execution.underived = why_underived(c.world, live);
  if (execution.underived) {
    if (!step.retain_graph) forget_graphs(c.world, live);
    return execution;
  }
  if (!tape || !tape->requires_grad) {
    execution.refusals.push_back({reference::ErrorKind::no_graph, "nothing requires a gradient"});
    return execution;
  }
  const std::int64_t n = tape->output.numel();
  c.work.gradient.resize(static_cast<std::size_t>(n) * 8 + 8);
  make_gradient(step, n, tape->dtype, c.work.gradient.data());
  const reference::Values upstream{c.work.gradient.data(), tape->dtype, tape->output, nullptr};

  const auto at_leaf =
      [&](int call, const reference::InputGradient& out) -> std::optional<reference::Values> {
    if (call == 0) return std::nullopt;
    const Key key{step.output, static_cast<std::uint16_t>(call - 1), Slot::leaf_output_grad};
    const Value* now = c.observed.now(key);
    if (!now) return std::nullopt;
    c.expect.within(key, {out.dtype(), out.shape(), false, true, 0},
                    {out.module().kind(), out.branch(), std::nullopt},
                    [&out](const void* observed) { return out.compare(observed); });
    const auto* tensor = std::get_if<ObservedTensor>(now);
    if (!tensor || !tensor->known_dtype || tensor->shape != out.shape() ||
        tensor->dtype != out.dtype())
      return std::nullopt;
    return tensor->values();
  };
  // A subject that does not refuse what was changed in place must still give the gradients of the
  // forward as it was.
  c.work.backward.run(*tape, upstream, at_leaf, {step.retain_graph, c.subject_accepted, c.tier});
  if (const auto& refusal = c.work.backward.refusal()) {
    execution.refusals.push_back(*refusal);
    execution.origin.leaf = c.work.backward.refused_by()->kind();
  }

  c.work.summed = 0;
  const auto add = [&](const std::optional<reference::Tensor>& before, const auto& added) {
    if (c.work.summed == c.work.sums.size()) c.work.sums.emplace_back();
    reference::Bounded& sum = c.work.sums[c.work.summed++];
    reference::accumulate(before ? &*before : nullptr, added, tape->dtype, sum);
    const Shape& shape = sum.shape;
    reference::Tensor grad =
        before && before->shape() == shape ? *before : reference::Tensor(tape->dtype, shape);
    for (std::size_t i = 0; i < sum.value.size(); ++i)
      grad.set(static_cast<std::int64_t>(i), sum.value[i]);
    execution.bounded.push_back({grad.storage(), &sum});
    return grad;
  };
  for (reference::ParameterGradient& gradient : c.work.backward.parameters()) {
    const reference::Tensor& parameter = *gradient.module->find(gradient.slot);
    gradient.expected.shape = parameter.shape();
    c.world.set_grad(parameter.storage(), add(gradient.module->grad(gradient.slot), gradient));
  }
  Live* input = &c.world.names[live.input];
  while (input->kind == NameKind::result) input = &c.world.names[input->input];
  if (input->requires_grad && c.work.backward.input())
    input->grad = add(input->grad, *c.work.backward.input());
  return execution;
}

void draw(Draft& draft, KindOf<Backward>) {
  const std::vector<std::size_t> from =
      indices_where(draft.results, [&](const DraftedResult& result) {
        return result.backward && !draft.is_freed(result) && draft.is_current(result);
      });
  if (from.empty()) {  // a forward makes one
    const DraftedPath path = draft.any_eager(0.85);
    return draft.forward(path, draft.tensor_for(path), true);
  }
  const bool latest = draft.random.chance(0.6);  // more often than older ones
  DraftedResult& result = draft.results[latest ? from.back() : draft.one_of(from)];
  Backward step;
  step.output = result.value.name;
  step.gradient = draft.random.chance(0.8) ? Data{Rule{RuleKind::normal, 0, 1}}
                                           : Data{Rule{RuleKind::uniform, -1, 2}};
  step.seed = draft.seed_of(step.gradient);
  step.retain_graph = draft.random.chance(0.2);
  if (!step.retain_graph) draft.free(result);
  draft.push(std::move(step));
}

void draw_second_backward(Draft& draft) {
  const std::vector<std::size_t> from =
      indices_where(draft.results, [&](const DraftedResult& result) {
        return draft.is_freed(result) && draft.is_current(result);
      });
  if (from.empty()) return draw(draft, KindOf<Backward>{});  // it frees a graph
  const NameId output = draft.results[draft.one_of(from)].value.name;
  draft.push(Backward{output, Rule{RuleKind::normal, 0, 1}, draft.random.below(1000), false});
}

}  // namespace normdiff
