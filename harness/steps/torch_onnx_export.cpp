#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <vector>

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

/// A BatchNormalization says this of its norm.
struct NodeFacts {
  double epsilon = 0;
  std::int64_t training_mode = 0;
  std::int64_t outputs = 1;
  std::optional<double> momentum;  ///< none: it has no effect, and is free
};

/// The facts that the TorchScript exporter writes, which translates a norm that it does not fold
/// node by node. Opset 14 brought the attribute and 3 outputs in training; before it training shows
/// in 5 outputs (ONNX operators, BatchNormalization). ONNX counts the momentum the other way round.
NodeFacts facts_of(const reference::ExportedBatchNorm& norm, int opset) {
  NodeFacts facts;
  facts.epsilon = static_cast<double>(static_cast<float>(norm.eps));
  if (!norm.training) return facts;
  const bool has_attribute = opset >= 14;
  facts.training_mode = has_attribute ? 1 : 0;
  facts.outputs = has_attribute ? 3 : 5;
  if (norm.momentum) facts.momentum = static_cast<double>(static_cast<float>(1 - *norm.momentum));
  return facts;
}

/// visit(slot, value) for each fact; the value is none where it is free.
template <class Visit>
void visit_facts(const NodeFacts& facts, Visit&& visit) {
  visit(Slot::onnx_epsilon, std::optional<Value>(facts.epsilon));
  visit(Slot::onnx_training_mode, std::optional<Value>(facts.training_mode));
  visit(Slot::onnx_outputs, std::optional<Value>(facts.outputs));
  visit(Slot::onnx_momentum, facts.momentum ? std::optional<Value>(*facts.momentum) : std::nullopt);
}

constexpr std::array node_slots = {Slot::onnx_epsilon, Slot::onnx_training_mode, Slot::onnx_outputs,
                                   Slot::onnx_momentum};

Key node_key(const OnnxExport& step, std::size_t node, Slot slot) {
  return {step.result, static_cast<std::uint16_t>(node), slot};
}

/// Chooses for each of `nodes` nodes, which stand in the order of the calls, the norm that it is,
/// so that the fewest facts are wrong. A norm that is left over was folded or written as other
/// nodes: that is free for each by itself. There are as many norms as nodes, or more.
std::vector<NodeFacts> norms_of_nodes(Observed& observed, const OnnxExport& step,
                                      const std::vector<NodeFacts>& norms, std::size_t nodes) {
  const auto wrong_in = [&](std::size_t node, const NodeFacts& facts) {
    int wrong = 0;
    visit_facts(facts, [&](Slot slot, const std::optional<Value>& expected) {
      const Value* seen = observed.now(node_key(step, node, slot));
      wrong += expected && !(seen && same(*seen, *expected));
    });
    return wrong;
  };
  // fewest[i][j]: of the nodes from i on, among the norms from j on.
  const std::size_t spare = norms.size() - nodes;
  std::vector<std::vector<int>> fewest(nodes + 1, std::vector<int>(spare + 1, 0));
  for (std::size_t i = nodes; i-- > 0;)
    for (std::size_t left_out = spare + 1; left_out-- > 0;) {
      int& here = fewest[i][left_out];
      here = wrong_in(i, norms[i + left_out]) + fewest[i + 1][left_out];
      if (left_out < spare) here = std::min(here, fewest[i][left_out + 1]);
    }
  std::vector<NodeFacts> chosen;
  std::size_t left_out = 0;
  for (std::size_t i = 0; i < nodes; ++i) {
    while (left_out < spare && fewest[i][left_out + 1] == fewest[i][left_out]) ++left_out;
    chosen.push_back(norms[i + left_out]);
  }
  return chosen;
}

// Why a fact of a graph is free.
constexpr const char* values_alone = "the newer exporter promises the values of its graph alone";
constexpr const char* own_choice = "which norms an exporter folds or rewrites is its own choice";

/// States what the graph says of its norms. The newer exporter takes a model apart and rewrites it:
/// it promises the values alone.
void expect_graph(Context& c, const OnnxExport& step, const reference::Exported& exported) {
  const Key count_key = node_key(step, 0, Slot::onnx_batch_norms);
  const Value* shown = c.observed.now(count_key);
  const auto* counted = shown ? std::get_if<std::int64_t>(shown) : nullptr;
  const std::size_t most = exported.batch_norms.size();
  const Origin origin{reference::kind_of<reference::BatchNorm<2>>, "onnx graph", std::nullopt};
  const auto count = counted ? static_cast<std::size_t>(std::max<std::int64_t>(*counted, 0)) : 0;
  const bool is_free = counted && (step.dynamo || count < most);
  if (is_free)
    c.expect.anything(count_key, step.dynamo ? values_alone : own_choice);
  else
    c.expect.exact(count_key, Value{static_cast<std::int64_t>(most)}, origin);
  if (step.dynamo || count > most) {
    constexpr std::size_t places = std::numeric_limits<std::uint16_t>::max();
    for (std::size_t node = 0; node < std::min(count, places); ++node)
      for (const Slot slot : node_slots)
        c.expect.anything(node_key(step, node, slot), step.dynamo ? values_alone : own_choice);
    return;
  }
  std::vector<NodeFacts> norms;
  for (const auto& norm : exported.batch_norms) norms.push_back(facts_of(norm, step.opset_version));
  const std::vector<NodeFacts> nodes = norms_of_nodes(c.observed, step, norms, count);
  for (std::size_t node = 0; node < nodes.size(); ++node)
    visit_facts(nodes[node], [&](Slot slot, const std::optional<Value>& expected) {
      const Key key = node_key(step, node, slot);
      if (expected)
        c.expect.exact(key, *expected, origin);
      else
        c.expect.anything(key, nodes[node].outputs == 1
                                   ? "the momentum of a node that does not train has no effect"
                                   : "ONNX has no cumulative average, and any momentum will do");
    });
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
  step.dynamo = draft.is(Profile::dynamo);
  step.training = static_cast<ExportMode>(draft.random.chance(0.5) ? 0 : draft.between(1, 2));
  return step;
}

}  // namespace

void draw(Draft& draft, KindOf<OnnxExport>) {
  const DraftedPath path = draft.any_eager(0.9);
  const DraftedTensor& input = draft.tensor_for(path);
  OnnxExport step = drawn_export(draft, path, input);
  step.opset_version = step.dynamo ? draft.between(16, 23) : draft.between(13, 20);
  step.do_constant_folding = !draft.random.chance(0.2);
  draft.push(step);
  draft.add_derived_tree(path, NameKind::artefact, step.result).only = input.shape;
}

void draw_impossible_opset(Draft& draft) {
  const DraftedPath path = draft.any_eager(0.9);
  OnnxExport step = drawn_export(draft, path, draft.tensor_for(path));
  step.dynamo = false;  // the newer exporter chooses an opset by itself
  step.opset_version = 99;
  step.do_constant_folding = !draft.random.chance(0.2);
  draft.push(step);
}

}  // namespace normdiff
