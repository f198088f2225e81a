#include <cmath>
#include <functional>

#include "harness/generate/draft.hpp"
#include "harness/model/execute.hpp"

namespace normdiff {

using reference::ErrorKind;
using reference::Module;

namespace {

// Opsets that every version of the exporters takes, and those that no version of the TorchScript
// one does (measured on 2.13.0: 1 and 5 to 23). In between it is the version's own business, and
// dynamo=True writes another opset than it was asked for.
bool known_opset(const OnnxExport& step) {
  return step.opset_version >= 7 && step.opset_version <= 23;
}
bool impossible_opset(const OnnxExport& step) {
  return !step.dynamo && (step.opset_version < 1 || step.opset_version > 23);
}

reference::ExportMode mode_of(ExportMode mode) {
  return mode == ExportMode::EVAL       ? reference::ExportMode::eval
         : mode == ExportMode::PRESERVE ? reference::ExportMode::preserve
                                        : reference::ExportMode::training;
}

using Nodes = std::vector<reference::ExportedBatchNorm>;

/// The lists of nodes that a graph may have: folding, up to the same measure, and writing other
/// nodes for what is no batch norm, are freedoms that an exporter has or has not used throughout.
std::vector<Nodes> possible_nodes(const Nodes& all, bool folding) {
  using reference::Foldable;
  std::vector<Nodes> possible;
  for (const Foldable measure : reference::all_of<Foldable>) {
    if (measure != Foldable::never && !folding) break;
    for (const bool other_nodes : {false, true}) {
      Nodes& left = possible.emplace_back();
      for (const auto& bn : all) {
        const bool folded = bn.foldable != Foldable::never && bn.foldable <= measure;
        if (!folded && !(other_nodes && bn.may_be_other_nodes)) left.push_back(bn);
      }
    }
  }
  return possible;
}

double exported_epsilon(const reference::ExportedBatchNorm& bn) {
  return static_cast<double>(static_cast<float>(bn.eps));
}

/// The list that a graph of `count` nodes has. Lists of the same length are told apart by what is
/// observed of epsilon; nothing: no such graph is right.
std::optional<Nodes> nodes_of(Context& c, const OnnxExport& step, const Nodes& all,
                              std::int64_t count) {
  std::optional<Nodes> found;
  for (Nodes& nodes : possible_nodes(all, step.do_constant_folding)) {
    if (static_cast<std::int64_t>(nodes.size()) != count) continue;
    bool agrees = true;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const Value* seen =
          c.observed.now({step.result, static_cast<std::uint16_t>(i), Slot::onnx_epsilon});
      agrees = agrees && seen && same(*seen, Value{exported_epsilon(nodes[i])});
    }
    if (agrees) return std::move(nodes);
    if (!found) found = std::move(nodes);
  }
  return found;
}

void expect_graph(Context& c, const OnnxExport& step, const reference::Exported& exported) {
  const auto key = [&step](std::size_t node, Slot slot) {
    return Key{step.result, static_cast<std::uint16_t>(node), slot};
  };
  const Key count_key = key(0, Slot::onnx_batch_norms);
  const Value* shown = c.observed.now(count_key);
  const auto* count = shown ? std::get_if<std::int64_t>(shown) : nullptr;
  const auto expected = nodes_of(c, step, exported.batch_norms, count ? *count : -1);
  const Origin origin{reference::kind_of<reference::BatchNorm<2>>, "onnx graph", std::nullopt};
  c.expect.exact(
      count_key,
      Value{static_cast<std::int64_t>(expected ? expected->size() : exported.batch_norms.size())},
      origin);
  if (!expected) return;
  for (std::size_t i = 0; i < expected->size(); ++i) {
    const reference::ExportedBatchNorm& bn = (*expected)[i];
    c.expect.exact(key(i, Slot::onnx_epsilon), Value{exported_epsilon(bn)}, origin);
    // Opset 14 brought the attribute and 3 outputs in training; before it training shows in 5
    // outputs (ONNX operators, BatchNormalization).
    const bool has_attribute = step.opset_version >= 14;
    c.expect.exact(key(i, Slot::onnx_training_mode),
                   Value{std::int64_t{bn.training && has_attribute}}, origin);
    c.expect.exact(key(i, Slot::onnx_outputs),
                   Value{std::int64_t{!bn.training    ? 1
                                      : has_attribute ? 3
                                                      : 5}},
                   origin);
    if (bn.training && bn.momentum)
      c.expect.exact(key(i, Slot::onnx_momentum),
                     Value{static_cast<double>(static_cast<float>(1 - *bn.momentum))}, origin);
    else
      c.expect.anything(key(i, Slot::onnx_momentum));  // has no effect on this node
  }
}

/// A norm stands behind an instance norm that moves its statistics. The TorchScript exporter writes
/// the instance norm between two reshapes and has lost the sizes behind it, which some norms need.
bool may_lose_sizes(const Module& root) {
  const std::function<bool(const Module&, bool&)> look = [&look](const Module& module, bool& lost) {
    for (const auto& [name, child] : module.children)
      if (look(*child, lost)) return true;
    if (!is_norm(module.layer)) return false;
    if (lost) return true;
    lost = !is_batch_norm(module.layer) && module.find(TensorSlot::running_mean) &&
           module.runs_in_training();
    return false;
  };
  bool lost = false;
  return look(root, lost);
}

}  // namespace

Execution execute(Context& c, const OnnxExport& step) {
  const Module& module = c.world.module(step.module);
  const Live input = c.world.names[step.input];
  Execution execution;
  execution.origin = {module.kind(), "onnx export", std::nullopt};
  auto exported =
      std::make_shared<reference::Exported>(reference::onnx_export(module, mode_of(step.training)));
  if (impossible_opset(step))
    execution.refusals.push_back({ErrorKind::bad_opset, "no such opset"});
  else if (!known_opset(step))
    execution.underived = "which of the odd opsets an exporter takes is not documented";
  else if (!step.dynamo && may_lose_sizes(*exported->model))
    execution.underived = "an exporter may not know the sizes behind an instance norm that trains";
  // The exporter runs the model once, in the mode asked for: what forward refuses, it refuses. The
  // exported model itself would not do: like every traced graph it has none of the modules' checks.
  const reference::ModulePtr trial = reference::deepcopy(module);
  if (step.training != ExportMode::PRESERVE)
    reference::train(*trial, step.training == ExportMode::TRAINING);
  reference::ForwardOptions options;
  options.grad = false;
  options.past_soft_refusals = c.subject_accepted;
  options.arithmetic = &c.arithmetic();
  c.work.forward.run(*trial, {input.values, input.values.dtype, input.layout}, options, {},
                     nullptr);
  for (const auto& refusal : c.work.forward.refusals()) execution.refusals.push_back(refusal);
  if (!execution.refusals.empty() && !c.subject_accepted) return execution;

  Live& live = c.world.define(step.result, NameKind::artefact);
  if (!execution.underived) live.exported = exported;
  live.exported_for = input.values.shape;
  live.exported_dtype = input.values.dtype;
  if (live.exported) expect_graph(c, step, *exported);
  return execution;
}

namespace {

OnnxExport drawn_export(Draft& draft, DraftedPath path, const DraftedTensor& input) {
  OnnxExport step;
  step.result = draft.name(NameStem::artefact);
  step.module = draft.ref(path);
  step.input = input.name;
  step.training = static_cast<ExportMode>(draft.random.chance(0.5) ? 0 : draft.between(1, 2));
  return step;
}

}  // namespace

void draw(Draft& draft, KindOf<OnnxExport>) {
  const DraftedPath path = draft.any_eager(0.9);
  const DraftedTensor& input = draft.tensor_for(path);
  OnnxExport step = drawn_export(draft, path, input);
  step.opset_version = draft.between(13, 20);
  step.do_constant_folding = !draft.random.chance(0.2);
  draft.push(step);
  draft.add_derived_tree(path, NameKind::artefact, step.result).only = input.shape;
}

void draw_impossible_opset(Draft& draft) {
  const DraftedPath path = draft.any_eager(0.9);
  OnnxExport step = drawn_export(draft, path, draft.tensor_for(path));
  step.opset_version = 99;
  step.do_constant_folding = !draft.random.chance(0.2);
  draft.push(step);
}

}  // namespace normdiff
