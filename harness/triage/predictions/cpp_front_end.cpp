#include "harness/triage/predictions/cpp_front_end.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace normdiff {

using reference::ErrorKind;
using reference::Module;
using reference::Tensor;

// The C++ front end decides by `is_training() or not track_running_stats` and always passes the
// statistics. Python does so for instance norms.
Predicted track_option_is_read_each_time(PredictionContext& c, const Step& step) {
  if (const auto* b = std::get_if<Backward>(&step)) {
    // A forward whose output happened to agree shows it in its gradients.
    bool changed = false;
    for (reference::Tape* graph = c.world.names[b->output].tape.get(); graph;
         graph = graph->before.get()) {
      bool here = false;
      for (reference::TapeEntry& call : graph->calls)
        if (const auto* norm = batch_norm_in(call.layer);
            norm && c.is_cpp() && !norm->track_running_stats && !call.batch_statistics)
          here = call.batch_statistics = true;
      if (here && !c.recompute(*graph)) return std::nullopt;
      changed = changed || here;
    }
    if (!changed) return std::nullopt;
    return c.execute(step);
  }
  if (const auto* t = std::get_if<JitTrace>(&step)) {
    const bool matters = TrackOptionReadAnew(c.world.module(t->module), c.is_cpp()).matters();
    if (!matters || t->check_trace) return std::nullopt;  // the checks run it more often
    return c.trace(*t, 1);
  }
  const auto* f = std::get_if<Forward>(&step);
  if (!f) return std::nullopt;
  const TrackOptionReadAnew anew(c.world.module(f->module), c.is_cpp());
  if (!anew.matters()) return std::nullopt;
  return c.execute(step);
}

// The C++ front end has no check of eps: what the formula gives is what comes out, and what comes
// after it may refuse.
Predicted eps_is_not_checked(PredictionContext& c, const Step& step) {
  if (!std::holds_alternative<Forward>(step)) return std::nullopt;
  Execution execution = c.execute_without({.eps = true}, step);
  if (!c.left_out().eps) return std::nullopt;
  return execution;
}

// C++ to(dtype) casts every tensor it finds, the counter too.
Predicted counter_is_cast(PredictionContext& c, const Step& step) {
  const auto* cast = std::get_if<CastTo>(&step);
  if (!cast) return std::nullopt;
  Execution execution = c.execute(step);
  for (Module* module : reference::places(c.world.module(cast->module)))
    if (auto& counter = module->tensor(TensorSlot::num_batches_tracked))
      if (counter->dtype() != cast->dtype) counter = counter->to(cast->dtype);
  return execution;
}

// The first filling of a weight divides by the inputs of one output, or looks at the first of them;
// Python leaves a weight without elements alone. A Linear(n, 0) has inputs to count.
Predicted empty_layer_is_refused(PredictionContext& c, const Step& step) {
  const auto* construct = std::get_if<Construct>(&step);
  if (!construct) return std::nullopt;
  for (const reference::Place& place : c.scope[construct->result].places) {
    const auto weight = fresh_tensor(place.module->layer, TensorSlot::weight);
    if (!weight || weight->fill != reference::Fill::drawn) continue;
    const Shape& shape = weight->shape;
    if (shape[1] == 0 || (shape.rank() > 2 && shape[0] == 0)) {
      Execution execution;
      execution.refusals.push_back({ErrorKind::empty_layer, "a weight without elements"});
      return execution;
    }
  }
  return std::nullopt;
}

// A Sequential without children has no forward in C++.
Predicted empty_sequential_is_refused(PredictionContext& c, const Step& step) {
  const auto* f = std::get_if<Forward>(&step);
  if (!f) return std::nullopt;
  auto execution = c.run_up_to(*f, [](const Module& module) {
    return is_container(module.layer) && module.children.empty();
  });
  if (execution) execution->refusals.push_back({ErrorKind::empty_sequential, "no children"});
  return execution;
}

// to(dtype) goes through parameters and buffers; a gradient stays what it was.
Predicted gradients_are_not_cast(PredictionContext& c, const Step& step) {
  const auto* cast = std::get_if<CastTo>(&step);
  if (!cast) return std::nullopt;
  std::vector<std::pair<Module*, reference::SlotGradients>> grads;
  for (Module* module : reference::places(c.world.module(cast->module)))
    grads.emplace_back(module, module->grads);
  Execution execution = c.execute(step);
  for (auto& [module, before] : grads) module->grads = before;
  return execution;
}

// In eval the statistics are passed whether there are any or not.
Predicted eval_needs_statistics(PredictionContext& c, const Step& step) {
  const auto* f = std::get_if<Forward>(&step);
  if (!f) return std::nullopt;
  auto execution = c.run_up_to(*f, [](const Module& module) {
    return is_batch_norm(module.layer) && !module.training && module.norm().track_running_stats &&
           !module.find(TensorSlot::running_mean);
  });
  if (execution)
    execution->refusals.push_back({ErrorKind::missing_statistics, "eval without statistics"});
  return execution;
}

// Sequential::clone makes a fresh Sequential and appends clones: its own flag is a fresh one's.
Predicted clone_forgets_sequential_flags(PredictionContext& c, const Step& step) {
  const auto* copy = std::get_if<DeepCopy>(&step);
  if (!copy) return std::nullopt;
  Execution execution = c.execute(step);
  for (Module* module : c.world.names[copy->result].places)
    if (std::holds_alternative<reference::Sequential>(module->layer)) module->training = true;
  return execution;
}

// clone makes a fresh module by the options as they are now and puts the values in: a tensor that
// the fresh module does not have has nowhere to go.
Predicted clone_refuses_changed_modules(PredictionContext& c, const Step& step) {
  const auto* copy = std::get_if<DeepCopy>(&step);
  if (!copy) return std::nullopt;
  for (const Module* module : reference::places(c.world.module(copy->module)))
    if (is_norm(module->layer) && module->find(TensorSlot::running_mean) &&
        !module->norm().track_running_stats) {
      Execution execution;
      execution.refusals.push_back(
          {ErrorKind::missing_statistics, "nowhere to put the statistics"});
      return execution;
    }
  return std::nullopt;
}

// clone makes fresh parameters, which require gradients, and puts the values in.
Predicted clone_requires_gradients(PredictionContext& c, const Step& step) {
  const auto* copy = std::get_if<DeepCopy>(&step);
  if (!copy) return std::nullopt;
  Execution execution = c.execute(step);
  for (Module* module : c.world.names[copy->result].places)
    module->requires_grad = reference::every_parameter;
  return execution;
}

// A clone makes its statistics by the option as it is now, whether the original has any or not.
Predicted clone_makes_statistics(PredictionContext& c, const Step& step) {
  const auto* copy = std::get_if<DeepCopy>(&step);
  if (!copy) return std::nullopt;
  Execution execution = c.execute(step);
  // Each place has statistics of its own. What else it has or shares is not the point here.
  c.split_places(copy->result, false);
  for (Module* module : c.world.names[copy->result].places) {
    if (!is_norm(module->layer) || module->find(TensorSlot::running_mean)) continue;
    const auto& options = module->norm();
    if (!options.track_running_stats) continue;
    module->tensor(TensorSlot::running_mean) = Tensor(DType::float32, Shape{options.num_features});
    module->tensor(TensorSlot::running_var) =
        Tensor::full(DType::float32, Shape{options.num_features}, 1);
    module->tensor(TensorSlot::num_batches_tracked) = Tensor(DType::int64, Shape{});
  }
  return execution;
}

namespace {

/// One entry of an archive, or one place to load into.
struct Entry {
  std::string key;
  std::optional<Tensor>* tensor;  ///< null: the entry of a child, which need hold nothing
};

/// In the order an archive is read in: a module's tensors, then its children. A clone's children
/// are appended without their names, so they are called by number.
void list_entries(Module& module, const std::string& prefix, bool numbered,
                  std::vector<Entry>& out) {
  for (const TensorSlot slot : all_of<TensorSlot>)
    if (module.tensors[slot])
      out.push_back({prefix + std::string(to_string(slot)), &module.tensors[slot]});
  std::size_t number = 0;
  for (auto& [name, child] : module.children) {
    const std::string key = prefix + (numbered ? std::to_string(number++) : name);
    out.push_back({key, nullptr});
    list_entries(*child, key + '.', numbered, out);
  }
}

bool is_clone(const PredictionContext& c, NameId name) {
  const int made = c.scope[name].step;
  return made >= 0 && std::holds_alternative<DeepCopy>(
                          c.scenario.statements[static_cast<std::size_t>(made)].step);
}

}  // namespace

// An archive is read by key: what it lacks is refused when it is reached, what it has in excess is
// not looked at. A tensor takes the archive's shape and memory and keeps its own dtype: the bits of
// another dtype are read as they are, and refused only where there are too few.
Predicted archive_replaces_tensors(PredictionContext& c, const Step& step) {
  const auto* load = std::get_if<LoadStateDict>(&step);
  if (!load) return std::nullopt;
  std::vector<Entry> source;
  std::vector<Entry> target;
  list_entries(c.world.module(load->source), "", is_clone(c, load->source.name), source);
  list_entries(c.world.module(load->target), "", is_clone(c, load->target.name), target);
  std::vector<Tensor> read;
  for (const Entry& entry : source)
    read.push_back(entry.tensor ? (*entry.tensor)->clone() : Tensor());
  Execution execution;
  make_stale(c.world, c.world.module(load->target));
  for (const Entry& entry : target) {
    const auto found = std::find_if(source.begin(), source.end(),
                                    [&entry](const Entry& e) { return e.key == entry.key; });
    if (found == source.end()) {
      execution.refusals.push_back({ErrorKind::state_keys, entry.key});
      break;
    }
    if (!entry.tensor) continue;
    const Tensor& values = read[static_cast<std::size_t>(found - source.begin())];
    const DType dtype = (*entry.tensor)->dtype();
    if (reference::size_of(dtype) > reference::size_of(values.dtype()) && values.numel() > 0) {
      execution.refusals.push_back({ErrorKind::dtype_mismatch, entry.key});
      break;
    }
    Tensor loaded(dtype, values.shape());
    if (values.numel() > 0)
      std::memcpy(loaded.data(), values.data(),
                  static_cast<std::size_t>(values.numel()) * reference::size_of(dtype));
    *entry.tensor = loaded;
  }
  return execution;
}

}  // namespace normdiff
