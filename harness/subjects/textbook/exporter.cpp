#include "harness/subjects/textbook/exporter.hpp"

#include <cmath>

#include "harness/subjects/textbook/batch_norm.hpp"

namespace normdiff::textbook {
namespace {

/// The modules that a forward calls, in order: a shared one as often as it is called.
void list_calls(const ModulePtr& module, std::vector<ModulePtr>& out) {
  if (!module->is_sequential()) return out.push_back(module);
  for (const auto& [name, child] : module->children) list_calls(child, out);
}

/// The example input on its way: the input of each call. A refusal of any call is one of
/// the export.
std::variant<std::vector<Tensor>, Refusal> run_example(const ModulePtr& model, const Tensor& input,
                                                       const Manner& manner) {
  std::vector<ModulePtr> calls;
  list_calls(model, calls);
  std::vector<Tensor> inputs;
  Tensor flow = input;
  for (const ModulePtr& module : calls) {
    inputs.push_back(flow);
    Call call;
    auto output = forward(module, flow, manner, call);
    if (auto* refusal = std::get_if<Refusal>(&output)) return std::move(*refusal);
    flow = std::get<Tensor>(std::move(output));
  }
  return inputs;
}

/// A node of its own for each call, as a graph has it: ONNX's epsilon is a float32.
std::vector<ModulePtr> make_nodes(const ModulePtr& model) {
  std::vector<ModulePtr> calls;
  list_calls(model, calls);
  for (ModulePtr& call : calls) {
    call = deepcopy(call, Fault::none);
    const bool untracked = call->is_batch_norm() && !(*call)[TensorSlot::running_mean];
    call->baked_mode = call->training || untracked;
    call->eps = static_cast<float>(call->eps);
  }
  return calls;
}

/// y = (conv(x) - mean) * s + bias with s = weight / sqrt(var + eps) is a convolution, too: its
/// weights w * s, its bias (b - mean) * s + bias.
template <class T>
void fold(Module& convolution, Module& norm, const Tensor& mean, const Tensor& var) {
  Tensor& weight = *convolution[TensorSlot::weight];
  std::optional<Tensor>& bias = convolution[TensorSlot::bias];
  const std::int64_t outputs = weight.shape()[0];
  if (!bias) bias = Tensor(weight.dtype(), Shape{outputs});
  const auto of = [](const std::optional<Tensor>& tensor, std::int64_t o, T otherwise) {
    return tensor ? static_cast<const T*>(tensor->data())[o] : otherwise;
  };
  T* w = static_cast<T*>(weight.data());
  T* b = static_cast<T*>(bias->data());
  for (std::int64_t o = 0; o < outputs; ++o) {
    const T v = static_cast<const T*>(var.data())[o] + static_cast<T>(norm.eps);
    const T s = of(norm[TensorSlot::weight], o, T(1)) / std::sqrt(v);
    const std::int64_t products = weight.numel() / outputs;
    for (std::int64_t i = 0; i < products; ++i) w[o * products + i] *= s;
    b[o] = (b[o] - static_cast<const T*>(mean.data())[o]) * s + of(norm[TensorSlot::bias], o, T(0));
  }
}

/// A norm in eval may become part of the node before it, whose outputs are the norm's channels:
/// with more dimensions those of a linear layer are not.
bool folds(const Module& norm, const Tensor& input, const std::vector<ModulePtr>& before) {
  if (!norm.is_batch_norm() || *norm.baked_mode || before.empty()) return false;
  const reference::Layer& layer = before.back()->spec->layer;
  return traits_of(layer).takes_norms_in &&
         (!std::holds_alternative<reference::Linear>(layer) || input.shape().rank() == 2);
}

/// Every norm in eval right behind a convolution or linear layer becomes part of it, as do those
/// behind that one; layers that do nothing are gone.
std::vector<ModulePtr> folded(const std::vector<ModulePtr>& nodes,
                              const std::vector<Tensor>& inputs, Fault fault) {
  std::vector<ModulePtr> left;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const ModulePtr& node = nodes[i];
    if (does_nothing(node->spec->layer, *node->baked_mode)) continue;
    if (!folds(*node, inputs[i], left)) {
      left.push_back(node);
      continue;
    }
    if (fault == Fault::norm_lost_in_export) continue;
    Statistics statistics;
    if (fault == Fault::folded_with_batch_statistics)
      statistics = batch_statistics(inputs[i]);
    else
      statistics = {*(*node)[TensorSlot::running_mean], *(*node)[TensorSlot::running_var]};
    if (inputs[i].dtype() == DType::float32)
      fold<float>(*left.back(), *node, statistics.mean, statistics.var);
    else
      fold<double>(*left.back(), *node, statistics.mean, statistics.var);
  }
  return left;
}

/// Opset 14 brought the attribute and 3 outputs in training; before it training shows in 5 outputs
/// (https://onnx.ai/onnx/operators/onnx__BatchNormalization.html).
NormNode facts_of(const Module& norm, int opset, Fault fault) {
  const bool training = *norm.baked_mode;
  const bool has_attribute = opset >= 14;
  NormNode node;
  node.training_mode = training && has_attribute ? 1 : 0;
  node.outputs = !training ? 1 : has_attribute ? 3 : 5;
  node.epsilon = norm.eps;
  const double momentum = norm.momentum.value_or(0);
  node.momentum =
      static_cast<float>(fault == Fault::momentum_complement_forgotten ? momentum : 1 - momentum);
  return node;
}

}  // namespace

std::variant<Tensor, Refusal> Artefact::run(const Tensor& input) const {
  if (input.shape() != shape)
    return Refusal{ErrorKind::shape_mismatch, "the graph was exported for another shape"};
  if (input.dtype() != dtype)
    return Refusal{ErrorKind::dtype_mismatch, "the graph was exported for another dtype"};
  Tensor flow = input;
  for (const ModulePtr& node : nodes) {
    Call call;
    const ModulePtr once = deepcopy(node, Fault::none);  // statistics move in the copy alone
    auto output = forward(once, flow, {}, call);
    if (auto* refusal = std::get_if<Refusal>(&output)) return std::move(*refusal);
    flow = std::get<Tensor>(std::move(output));
  }
  return flow;
}

std::variant<Artefact, Refusal> onnx_export(const ModulePtr& root, const Tensor& input,
                                            const OnnxExport& step, const Manner& manner) {
  const Fault fault = manner.fault;
  if (step.opset_version < 1 || step.opset_version > 23)
    return Refusal{ErrorKind::bad_opset, "opsets 1 to 23 can be exported to"};
  if (fault == Fault::root_flag_restored_everywhere) train(*root, root->training);
  const ModulePtr model = deepcopy(root, Fault::none);
  if (step.training != ExportMode::PRESERVE && fault != Fault::exported_in_the_wrong_mode)
    train(*model, step.training == ExportMode::TRAINING);
  Artefact artefact;
  artefact.shape = input.shape();
  artefact.dtype = input.dtype();
  artefact.nodes = make_nodes(model);
  const auto inputs = run_example(model, input, manner);
  if (const auto* refusal = std::get_if<Refusal>(&inputs)) return *refusal;
  if (step.do_constant_folding)
    artefact.nodes = folded(artefact.nodes, std::get<std::vector<Tensor>>(inputs), fault);
  for (const ModulePtr& node : artefact.nodes)
    if (node->is_batch_norm()) artefact.norms.push_back(facts_of(*node, step.opset_version, fault));
  return artefact;
}

}  // namespace normdiff::textbook
