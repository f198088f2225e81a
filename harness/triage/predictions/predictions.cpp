#include "harness/triage/predictions/predictions.hpp"

#include <algorithm>
#include <utility>

#include "harness/triage/predictions/cpp_front_end.hpp"
#include "harness/triage/predictions/instance_norms.hpp"
#include "harness/triage/predictions/newer_exporter.hpp"
#include "harness/triage/predictions/script_types.hpp"

namespace normdiff {

using reference::ErrorKind;
using reference::Module;

namespace {

using Result = std::optional<Execution>;

// The exporter saves one flag, the root's, and restores it with train(flag), which is recursive. It
// does so when the export fails, too. PRESERVE touches nothing.
Result root_flag_everywhere(PredictionContext& c, const Step& step) {
  const auto* e = std::get_if<OnnxExport>(&step);
  if (!e || e->training == ExportMode::PRESERVE || e->dynamo) return std::nullopt;
  Module& root = c.world.module(e->module);
  const bool flag = root.training;
  Execution execution = c.execute(step);
  reference::train(root, flag);
  return execution;
}

// An export runs the model once, in the mode asked for, on the model itself. In EVAL that moves
// what moves in eval: an instance norm whose tracking was switched off.
Result export_runs_the_model(PredictionContext& c, const Step& step) {
  const auto* e = std::get_if<OnnxExport>(&step);
  if (!e || e->dynamo) return std::nullopt;
  Module& root = c.world.module(e->module);
  if (e->training == ExportMode::EVAL && !TrackOptionReadAnew(root, c.is_cpp()).matters())
    return std::nullopt;
  const Execution documented = c.execute(step);
  std::vector<bool> flags;
  for (const Module* module : reference::places(root)) flags.push_back(module->training);
  if (e->training != ExportMode::PRESERVE)
    reference::train(root, e->training == ExportMode::TRAINING);
  Execution execution = c.run_forward(root, e->input, false);
  // An export that is refused for its opset has run the model before.
  if (execution.refusals.empty()) execution.refusals = documented.refusals;
  execution.underived = documented.underived;
  std::size_t i = 0;
  for (Module* module : reference::places(root)) module->training = flags[i++];
  return execution;
}

// torch.jit.trace with check_trace runs the module five times in all.
Result trace_runs_five_times(PredictionContext& c, const Step& step) {
  const auto* t = std::get_if<JitTrace>(&step);
  if (!t || !t->check_trace || averages_cumulatively(c.world.module(t->module)))
    return std::nullopt;
  return c.trace(*t, 5);
}

// num_batches_tracked is incremented before the sizes are looked at.
Result counter_moves_before_refusal(PredictionContext& c, const Step& step) {
  if (const auto* f = std::get_if<Forward>(&step)) {
    if (c.world.names[f->module.name].kind == NameKind::artefact) return std::nullopt;
    Execution execution = c.execute(step);
    if (execution.refusals.empty()) return std::nullopt;
    c.move_counter_of_refuser();
    return execution;
  }
  if (const auto* t = std::get_if<JitTrace>(&step))
    return c.run_forward(c.world.module(t->module), t->input, false);
  return std::nullopt;
}

// A script or traced module has one wrapper for each place.
Result shared_children_become_two(PredictionContext& c, const Step& step) {
  NameId result = 0;
  if (const auto* s = std::get_if<JitScript>(&step))
    result = s->result;
  else if (const auto* t = std::get_if<JitTrace>(&step))
    result = t->result;
  else if (const auto* d = std::get_if<DeepCopy>(&step))
    result = d->result;
  else
    return std::nullopt;
  Execution execution = c.execute(step);
  Live& live = c.world.names[result];
  const std::vector<Module*> shared = live.places;
  const bool copied = std::holds_alternative<DeepCopy>(step);
  c.split_places(result, copied);
  for (std::size_t p = 0; p < live.places.size(); ++p) {
    const Key key{result, static_cast<std::uint16_t>(p), Slot::identity};
    // A fresh module's parameters require gradients. For the first of two places another deviation
    // says so.
    const auto at = shared.begin() + static_cast<std::ptrdiff_t>(p);
    if (copied && std::find(shared.begin(), at, shared[p]) != at)
      live.places[p]->requires_grad = reference::every_parameter;
    c.expect(key, Value{static_cast<std::int64_t>(key.packed())}, {live.places[p]->kind(), "", {}});
  }
  return execution;
}

// The kernels look at nothing where there are no elements: the forward goes on, and what comes
// after may refuse.
Result empty_input_is_not_checked(PredictionContext& c, const Step& step) {
  const auto* f = std::get_if<Forward>(&step);
  if (!f || c.world.names[f->module.name].kind == NameKind::artefact) return std::nullopt;
  Execution execution = c.execute_without({.empty_input = true}, step);
  if (!c.left_out().empty_input) return std::nullopt;
  return execution;
}

// Where the input has no elements, its clone is scaled by the first weight, and there is none.
Result no_channels_are_refused(PredictionContext& c, const Step& step) {
  const auto* f = std::get_if<Forward>(&step);
  if (!f || c.world.names[f->module.name].kind == NameKind::artefact) return std::nullopt;
  const Module* refuser = nullptr;
  const bool no_samples = c.world.names[f->input].values.shape[0] == 0;
  auto execution = c.run_up_to(*f, [&refuser, no_samples](const Module& module) {
    const auto* weight = module.find(TensorSlot::weight);
    // An instance norm repeats its weight for each sample.
    const bool refuses = is_norm(module.layer) && weight &&
                         (weight->numel() == 0 || (no_samples && !is_batch_norm(module.layer)));
    if (refuses) refuser = &module;
    return refuses;
  });
  if (!execution) return std::nullopt;
  for (Module* module : reference::places(c.world.module(f->module)))
    if (module == refuser) {  // it counts before it looks
      count_batch(*module);
      break;
    }
  execution->refusals.push_back({ErrorKind::empty_layer, "a weight without elements"});
  return execution;
}

// A graph keeps the running statistics themselves, not their values, and a later training forward
// moves them in place without counting it as a change: a backward in eval then uses the new ones.
Result backward_uses_moved_statistics(PredictionContext& c, const Step& step) {
  const auto* b = std::get_if<Backward>(&step);
  if (!b || !c.world.names[b->output].tape) return std::nullopt;
  for (reference::Tape* graph = c.world.names[b->output].tape.get(); graph;
       graph = graph->before.get())
    for (reference::TapeEntry& call : graph->calls) {
      if (!is_batch_norm(call.module->layer) || call.batch_statistics) continue;
      for (TensorSlot slot : {TensorSlot::running_mean, TensorSlot::running_var})
        if (const auto& now = call.module->tensor(slot)) call.tensors[slot] = now->clone();
    }
  return c.execute(step);
}

// With momentum None the factor is baked in as a number, and it is another one in the trace that
// the checks make to compare with. Five forwards by then: traced, traced again, the first trace,
// the module itself, the second trace; those of the traces with the factors baked into them.
Result trace_of_cumulative_average_is_refused(PredictionContext& c, const Step& step) {
  const auto* t = std::get_if<JitTrace>(&step);
  if (!t || !t->check_trace) return std::nullopt;
  Module& root = c.world.module(t->module);
  if (!averages_cumulatively(root)) return std::nullopt;
  const auto run_with = [&](auto calls, bool continues) {
    const auto before = std::exchange(root.traced_calls, std::move(calls));
    Execution execution = c.run_forward(root, t->input, continues);
    root.traced_calls = before;
    return execution;
  };
  const std::vector<reference::TracedCall> own;
  Execution execution = run_with(own, false);
  if (!execution.refusals.empty()) return std::nullopt;
  const auto first = reference::trace(root)->traced_calls;
  (void)run_with(own, true);
  const auto second = reference::trace(root)->traced_calls;
  (void)run_with(first, true);
  (void)run_with(own, true);
  execution = run_with(second, true);
  execution.refusals.push_back({ErrorKind::trace_differs, "another factor"});
  return execution;
}

// torch.no_grad promises that no result requires a gradient. A view of what requires one does: it
// asks its base. Flatten gives a view where the memory allows it.
Result view_keeps_requires_grad(PredictionContext& c, const Step& step) {
  const auto* f = std::get_if<Forward>(&step);
  if (!f || f->grad || c.world.names[f->module.name].kind != NameKind::module) return std::nullopt;
  const Live& input = c.world.names[f->input];
  std::vector<Module*> leaves = reference::places(c.world.module(f->module));
  std::erase_if(leaves, [](const Module* m) { return is_container(m->layer); });
  const auto nothing = [](const Module* m) { return does_nothing(m->layer, m->training); };
  const auto first = std::find_if_not(leaves.begin(), leaves.end(), nothing);
  const Shape& shape = input.values.shape;
  if (first == leaves.end() || !std::holds_alternative<reference::Flatten>((*first)->layer) ||
      shape.rank() < 3 || !input.requires_grad || input.layout == Layout::channels_last)
    return std::nullopt;
  ObservedTensor view;
  view.dtype = input.values.dtype;
  view.shape = {shape[0], 1};
  for (int i = 1; i < shape.rank(); ++i) view.shape[1] *= shape[i];
  view.requires_grad = true;
  view.data = static_cast<const std::byte*>(input.values.data);
  Execution execution = c.execute(step);
  // Layers behind it that do nothing give the view itself.
  const auto end = std::find_if_not(first + 1, leaves.end(), nothing);
  for (auto leaf = first; leaf != end; ++leaf) {
    const auto call = static_cast<std::uint16_t>(leaf - leaves.begin());
    const bool last = leaf + 1 == leaves.end();
    const Key key = last ? Key{f->result, 0, Slot::value} : Key{f->result, call, Slot::leaf_output};
    c.expect(key, Value{view}, {(*leaf)->kind(), "flatten", std::nullopt});
  }
  return execution;
}

// The exporter writes the p of a dropout in training as it is, and ONNX takes a ratio below 1 only.
Result dropout_of_everything_is_refused(PredictionContext& c, const Step& step) {
  const auto* f = std::get_if<Forward>(&step);
  if (!f) return std::nullopt;
  const Live& artefact = c.world.names[f->module.name];
  const Live& input = c.world.names[f->input];
  if (!artefact.exported || input.values.shape != artefact.exported_for ||
      input.values.dtype != artefact.exported_dtype)
    return std::nullopt;
  const auto& exported_by = definition<OnnxExport>(c.scenario, c.scope, f->module.name);
  const std::vector<Module*> places = reference::places(*artefact.exported->model);
  const bool is_written = std::any_of(places.begin(), places.end(), [](const Module* module) {
    const auto* dropout = std::get_if<reference::Dropout>(&module->layer);
    return dropout && dropout->p == 1 && module->runs_in_training();
  });
  if (!is_written || exported_by.opset_version < artefact.exported->mode_opset) return std::nullopt;
  // A file that is no valid graph is not loaded, whatever else is in it.
  if (instance_norm_artefact_is_invalid(c, step)) return std::nullopt;
  Execution execution;
  execution.refusals.push_back({ErrorKind::invalid_graph, "a ratio of 1"});
  return execution;
}

struct Entry {
  std::string_view name;
  Prediction prediction;
  PredictionOrder order = PredictionOrder::any;
};

const std::vector<Entry>& table() {
  static const std::vector<Entry> predictions = {
      {"root_flag_everywhere", root_flag_everywhere},
      {"export_runs_the_model", export_runs_the_model},
      {"trace_runs_five_times", trace_runs_five_times},
      {"counter_moves_before_refusal", counter_moves_before_refusal},
      {"shared_children_become_two", shared_children_become_two},
      {"track_option_is_read_each_time", track_option_is_read_each_time},
      {"eps_is_not_checked", eps_is_not_checked},
      {"counter_is_cast", counter_is_cast},
      {"empty_input_is_not_checked", empty_input_is_not_checked},
      {"no_channels_are_refused", no_channels_are_refused, PredictionOrder::stops_a_forward},
      {"empty_layer_is_refused", empty_layer_is_refused},
      {"empty_sequential_is_refused", empty_sequential_is_refused,
       PredictionOrder::stops_a_forward},
      {"backward_uses_moved_statistics", backward_uses_moved_statistics},
      {"trace_of_cumulative_average_is_refused", trace_of_cumulative_average_is_refused},
      {"view_keeps_requires_grad", view_keeps_requires_grad},
      {"dropout_of_everything_is_refused", dropout_of_everything_is_refused},
      {"script_ignores_no_grad", script_ignores_no_grad},
      {"script_runs_in_the_order_of_its_type", script_runs_in_the_order_of_its_type},
      {"archive_replaces_tensors", archive_replaces_tensors},
      {"clone_forgets_sequential_flags", clone_forgets_sequential_flags},
      {"clone_refuses_changed_modules", clone_refuses_changed_modules},
      {"clone_makes_statistics", clone_makes_statistics},
      {"clone_requires_gradients", clone_requires_gradients},
      {"gradients_are_not_cast", gradients_are_not_cast},
      {"eval_needs_statistics", eval_needs_statistics, PredictionOrder::stops_a_forward},
      {"single_value_is_not_checked", single_value_is_not_checked},
      {"statistics_are_written_back", statistics_are_written_back},
      {"statistics_are_written_back_in_eval", statistics_are_written_back_in_eval},
      {"instance_norm_exports_no_training", instance_norm_exports_no_training},
      {"instance_norm_artefact_is_invalid", instance_norm_artefact_is_invalid},
      {"training_argument_is_not_read", training_argument_is_not_read,
       PredictionOrder::changes_the_step},
      {"batch_norms_never_train", batch_norms_never_train},
      {"export_refuses_cumulative_average", export_refuses_cumulative_average},
  };
  return predictions;
}

}  // namespace

const Prediction* prediction(std::string_view name) {
  for (const Entry& entry : table())
    if (entry.name == name) return &entry.prediction;
  return nullptr;
}

PredictionOrder order_of(std::string_view name) {
  for (const Entry& entry : table())
    if (entry.name == name) return entry.order;
  return PredictionOrder::any;
}

std::vector<std::string_view> prediction_names() {
  std::vector<std::string_view> names;
  for (const Entry& entry : table()) names.push_back(entry.name);
  return names;
}

}  // namespace normdiff
