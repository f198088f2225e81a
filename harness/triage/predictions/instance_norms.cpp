#include "harness/triage/predictions/instance_norms.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "harness/scenario/plan.hpp"
#include "reference/numeric/limits.hpp"

namespace normdiff {

using reference::ErrorKind;
using reference::Module;
using reference::Tensor;

namespace {

bool is_instance_norm(const Module& module) {
  return is_norm(module.layer) && !is_batch_norm(module.layer);
}

bool holds_statistics(const Module& module) {
  return is_instance_norm(module) && module.find(TensorSlot::running_mean) != nullptr;
}

/// A statistic becomes the mean of as many copies of itself as there are samples.
void average_copies(PredictionContext& c, Execution& execution, Tensor& statistic,
                    std::int64_t samples) {
  if (samples == 0) {
    for (std::int64_t i = 0; i < statistic.numel(); ++i)
      statistic.set(i, std::numeric_limits<double>::quiet_NaN());
    return;
  }
  // samples - 1 additions and a division.
  const double relative = reference::gamma_of(static_cast<double>(samples),
                                              reference::unit_roundoff(statistic.dtype()));
  const double largest = reference::dtypes[statistic.dtype()].largest;
  reference::Bounded bounded{statistic.shape(), {}, {}, {}};
  for (std::int64_t i = 0; i < statistic.numel(); ++i) {
    const double value = statistic.at(i);
    const bool may_overflow = std::abs(value) * static_cast<double>(samples) > largest / 2;
    bounded.value.push_back(value);
    bounded.bound.push_back(may_overflow ? -1 : relative * std::abs(value));
  }
  c.expect_within(execution, statistic, std::move(bounded));
}

}  // namespace

// The check that Python makes before the operation is not made in C++: the output is what rounding
// leaves, and the unbiased variance is 0 / 0.
std::optional<Execution> single_value_is_not_checked(PredictionContext& c, const Step& step) {
  if (!std::holds_alternative<Forward>(step)) return std::nullopt;
  Execution execution = c.execute_without({.single_value = true}, step);
  if (!c.left_out().single_value) return std::nullopt;
  return execution;
}

namespace {

/// A forward, after which the statistics of the norms that `writes` names are
/// averaged over the samples.
std::optional<Execution> with_statistics_written_back(
    PredictionContext& c, const Forward& step, const std::function<bool(const Module&)>& writes) {
  const Shape x = c.world.names[step.input].values.shape;
  Module& root = c.world.module(step.module);
  Execution execution = c.execute(step);
  const std::vector<int> ranks = c.ranks();
  const std::size_t done = ranks.size() - (c.was_refused() ? 1 : 0);
  std::size_t call = 0;
  bool written = false;
  for (Module* module : reference::places(root)) {
    if (is_container(module->layer)) continue;
    if (call == done) break;
    const int rank = ranks[call++];
    if (!holds_statistics(*module) || !writes(*module)) continue;
    const bool has_batch = reference::visit_leaf<bool>(
        module->layer, [rank](const auto& layer) { return layer.takes_rank(rank - 1); });
    for (const TensorSlot slot : {TensorSlot::running_mean, TensorSlot::running_var})
      average_copies(c, execution, *module->tensor(slot), has_batch ? x[0] : 1);
    written = true;
  }
  if (!written) return std::nullopt;
  return execution;
}

bool normalises_by_sample(const Module& module) {
  return module.runs_in_training() || !module.norm().track_running_stats;
}

}  // namespace

// The repeated statistics, as they have become, are averaged over the samples and written back,
// also where nothing moved them: of no samples that is NaN, of samples without values it is
// rounded.
std::optional<Execution> statistics_are_written_back(PredictionContext& c, const Step& step) {
  const auto* f = std::get_if<Forward>(&step);
  if (!f || c.world.names[f->module.name].kind == NameKind::artefact ||
      c.world.names[f->input].values.shape.numel() > 0)
    return std::nullopt;
  return with_statistics_written_back(c, *f, normalises_by_sample);
}

// LibTorch 1.13 does so in eval, too.
std::optional<Execution> statistics_are_written_back_in_eval(PredictionContext& c,
                                                             const Step& step) {
  const auto* f = std::get_if<Forward>(&step);
  if (!f) return std::nullopt;
  return with_statistics_written_back(
      c, *f, [](const Module& module) { return !normalises_by_sample(module); });
}

namespace {

/// The TorchScript exporter folds a norm into a convolution, and into nothing else.
bool is_folded(const reference::ExportedBatchNorm& norm) {
  return norm.folds_into && !std::holds_alternative<reference::Linear>(norm.folds_into->layer);
}

}  // namespace

// The node that the exporter writes for running statistics in training has the five outputs of
// opsets before 14, and never the attribute that says so.
std::optional<Execution> instance_norm_exports_no_training(PredictionContext& c, const Step& step) {
  const auto* e = std::get_if<OnnxExport>(&step);
  if (!e || e->dynamo || e->opset_version < 14) return std::nullopt;
  Execution execution = c.execute(step);
  const auto& exported = c.world.names[e->result].exported;
  if (!exported) return std::nullopt;
  const bool folds = e->training == ExportMode::EVAL && e->do_constant_folding;
  std::uint16_t node = 0;
  for (const reference::ExportedBatchNorm& norm : exported->batch_norms) {
    if (folds && is_folded(norm)) continue;
    if (norm.is_instance_norm && norm.training) {
      const Origin origin{reference::kind_of<reference::BatchNorm<2>>, "onnx graph", std::nullopt};
      c.expect({e->result, node, Slot::onnx_training_mode}, Value{std::int64_t{0}}, origin);
      c.expect({e->result, node, Slot::onnx_outputs}, Value{std::int64_t{5}}, origin);
    }
    ++node;
  }
  return execution;
}

// A BatchNormalization of opset 14 has at most three outputs: onnxruntime refuses the file.
std::optional<Execution> instance_norm_artefact_is_invalid(PredictionContext& c, const Step& step) {
  const auto* f = std::get_if<Forward>(&step);
  if (!f || c.world.names[f->module.name].kind != NameKind::artefact) return std::nullopt;
  const Live& artefact = c.world.names[f->module.name];
  const auto& exported_by = definition<OnnxExport>(c.scenario, c.scope, f->module.name);
  if (!artefact.exported || exported_by.dynamo || exported_by.opset_version < 14)
    return std::nullopt;
  const auto& norms = artefact.exported->batch_norms;
  if (std::none_of(norms.begin(), norms.end(),
                   [](const auto& norm) { return norm.is_instance_norm && norm.training; }))
    return std::nullopt;
  Execution execution;
  execution.refusals.push_back({ErrorKind::invalid_graph, "a node with outputs it can't have"});
  return execution;
}

}  // namespace normdiff
