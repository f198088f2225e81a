#include "harness/triage/predictions/newer_exporter.hpp"

#include <memory>

#include "harness/scenario/scope.hpp"

namespace normdiff {

using reference::ErrorKind;
using reference::Module;

namespace {

/// The step that made an artefact by the newer exporter, where `step` runs one that is derived;
/// null: it runs something else.
const OnnxExport* made_by_newer_exporter(const PredictionContext& c, const Step& step) {
  const auto* f = std::get_if<Forward>(&step);
  if (!f || !c.world.names[f->module.name].exported) return nullptr;
  const auto& exported_by = definition<OnnxExport>(c.scenario, c.scope, f->module.name);
  return exported_by.dynamo ? &exported_by : nullptr;
}

/// A copy of the model that an artefact was made of, in its place.
Module& own_model(PredictionContext& c, const Step& step) {
  Live& live = c.world.names[std::get<Forward>(step).module.name];
  const auto copy = std::make_shared<reference::Exported>(*live.exported);
  copy->model = reference::deepcopy(*copy->model);
  live.exported = copy;
  return *copy->model;
}

}  // namespace

std::optional<Execution> training_argument_is_not_read(PredictionContext& c, const Step& step) {
  if (const auto* e = std::get_if<OnnxExport>(&step)) {
    if (!e->dynamo || e->training == ExportMode::PRESERVE) return std::nullopt;
    OnnxExport preserving = *e;
    preserving.training = ExportMode::PRESERVE;
    return c.execute(preserving);
  }
  const OnnxExport* exported_by = made_by_newer_exporter(c, step);
  if (!exported_by || exported_by->training == ExportMode::PRESERVE) return std::nullopt;
  for (Module* module : reference::places(own_model(c, step)))
    if (module->traced_training) module->traced_training = module->training;
  return c.execute(step);
}

std::optional<Execution> batch_norms_never_train(PredictionContext& c, const Step& step) {
  if (!made_by_newer_exporter(c, step)) return std::nullopt;
  bool any = false;
  for (Module* module : reference::places(own_model(c, step))) {
    // Without tracking the module passes no running statistics, and the batch's are written out.
    const bool written_otherwise = is_batch_norm(module->layer) && module->runs_in_training() &&
                                   module->norm().track_running_stats &&
                                   module->find(TensorSlot::running_mean);
    if (!written_otherwise) continue;
    module->traced_training = false;
    any = true;
  }
  if (!any) return std::nullopt;
  return c.execute(step);
}

std::optional<Execution> export_refuses_cumulative_average(PredictionContext& c, const Step& step) {
  const auto* e = std::get_if<OnnxExport>(&step);
  if (!e || !e->dynamo || !averages_cumulatively(c.world.module(e->module))) return std::nullopt;
  Execution execution = c.execute(step);
  if (execution.refusals.empty())
    execution.refusals.push_back({ErrorKind::data_dependent, "a factor from a counter"});
  return execution;
}

}  // namespace normdiff
