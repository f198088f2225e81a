#include "harness/triage/predictions/predictions.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "harness/triage/predictions/forward_order.hpp"

namespace normdiff {

using reference::Held;
using reference::Module;

namespace {

using Result = std::optional<Execution>;

// The exporter saves one flag, the root's, and restores it with train(flag), which is recursive. It
// does so when the export fails, too. PRESERVE touches nothing.
Result root_flag_everywhere(Context& c, const Step& step) {
  const auto* e = std::get_if<OnnxExport>(&step);
  if (!e || e->training == ExportMode::PRESERVE || e->dynamo) return std::nullopt;
  Module& root = c.world.module(e->module);
  const bool flag = root.training;
  Execution execution = normdiff::execute(c, step);
  reference::train(root, flag);
  return execution;
}

// An export runs the model once, in the mode asked for, on the model itself.
Result export_runs_the_model(Context& c, const Step& step) {
  const auto* e = std::get_if<OnnxExport>(&step);
  if (!e || e->training == ExportMode::EVAL || e->dynamo) return std::nullopt;
  Module& root = c.world.module(e->module);
  std::vector<bool> flags;
  for (const Module* module : reference::places(root)) flags.push_back(module->training);
  if (e->training == ExportMode::TRAINING) reference::train(root, true);
  Execution execution = run_forward(c, root, e->input, false);
  std::size_t i = 0;
  for (Module* module : reference::places(root)) module->training = flags[i++];
  return execution;
}

// torch.jit.trace with check_trace runs the module five times in all.
Result trace_runs_five_times(Context& c, const Step& step) {
  const auto* t = std::get_if<JitTrace>(&step);
  if (!t || !t->check_trace) return std::nullopt;
  Execution execution = normdiff::execute(c, step);
  if (!execution.refusals.empty()) return execution;
  for (int again = 0; again < 4; ++again)
    execution = run_forward(c, c.world.module(t->module), t->input, true);
  return execution;
}

// num_batches_tracked is incremented before the sizes are looked at.
Result counter_moves_before_refusal(Context& c, const Step& step) {
  if (const auto* f = std::get_if<Forward>(&step)) {
    if (c.world.names[f->module.name].kind == NameKind::artefact) return std::nullopt;
    Execution execution = normdiff::execute(c, step);
    move_counter_of_refuser(c);
    return execution;
  }
  if (const auto* t = std::get_if<JitTrace>(&step))
    return run_forward(c, c.world.module(t->module), t->input, false);
  return std::nullopt;
}

// A script or traced module has one wrapper for each place.
Result shared_children_become_two(Context& c, const Step& step) {
  NameId result = 0;
  if (const auto* s = std::get_if<JitScript>(&step))
    result = s->result;
  else if (const auto* t = std::get_if<JitTrace>(&step))
    result = t->result;
  else if (const auto* l = std::get_if<JitSaveLoad>(&step))
    result = l->result;
  else if (const auto* d = std::get_if<DeepCopy>(&step))
    result = d->result;
  else
    return std::nullopt;
  Execution execution = normdiff::execute(c, step);
  Live& live = c.world.names[result];
  const bool copies = std::holds_alternative<DeepCopy>(step);
  // Each place gets a module of its own. A C++ clone copies the tensors of each place as well.
  const std::function<void(Module&)> split = [&](Module& parent) {
    for (auto& [name, child] : parent.children) {
      child = std::make_shared<Module>(*child);
      if (copies)
        for (auto& tensor : child->tensors)
          if (tensor) tensor = tensor->clone();
      split(*child);
    }
  };
  if (live.root) {
    split(*live.root);
    live.places = reference::places(*live.root);
  }
  for (std::size_t p = 0; p < live.places.size(); ++p) {
    const Key key{result, static_cast<std::uint16_t>(p), Slot::identity};
    c.judge.exact(key, Value{static_cast<std::int64_t>(key.packed())},
                  {live.places[p]->kind, "", {}});
  }
  return execution;
}

// The C++ front end decides by `is_training() or not track_running_stats` and always passes the
// statistics: with the option switched off later they are used and moved, the counter is not.
Result track_option_is_read_each_time(Context& c, const Step& step) {
  const auto* f = std::get_if<Forward>(&step);
  if (!f) return std::nullopt;
  std::vector<std::pair<Module*, bool>> changed;
  std::vector<std::pair<Module*, std::int64_t>> counters;
  for (Module* module : reference::places(c.world.module(f->module))) {
    if (!is_batch_norm(module->kind) || !module->find(Held::running_mean)) continue;
    auto& options = module->batch_norm();
    if (options.track_running_stats) continue;
    changed.emplace_back(module, module->training);
    if (const auto& counter = module->tensor(Held::num_batches_tracked))
      counters.emplace_back(module, static_cast<std::int64_t>(counter->at(0)));
    module->training = true;
    options.track_running_stats = true;
    // Without a momentum the factor is 0 here: the counter that it comes from does not move.
    if (!options.momentum) module->traced_factor = 0.0;
  }
  if (changed.empty()) return std::nullopt;
  Execution execution = normdiff::execute(c, step);
  for (auto& [module, training] : changed) {
    module->training = training;
    module->batch_norm().track_running_stats = false;
    module->traced_factor.reset();
  }
  for (auto& [module, count] : counters)
    *static_cast<std::int64_t*>(module->tensor(Held::num_batches_tracked)->data()) = count;
  return execution;
}

// The C++ front end has no check of eps: what the formula gives is what comes out.
Result eps_is_not_checked(Context& c, const Step& step) {
  if (!std::holds_alternative<Forward>(step)) return std::nullopt;
  Execution execution = normdiff::execute(c, step);
  auto& refusals = execution.refusals;
  refusals.erase(
      std::remove_if(refusals.begin(), refusals.end(),
                     [](const auto& r) { return r.kind == reference::ErrorKind::bad_eps; }),
      refusals.end());
  return execution;
}

// C++ to(dtype) casts every tensor it finds, the counter too.
Result counter_is_cast(Context& c, const Step& step) {
  const auto* cast = std::get_if<CastTo>(&step);
  if (!cast) return std::nullopt;
  Execution execution = normdiff::execute(c, step);
  for (Module* module : reference::places(c.world.module(cast->module)))
    if (auto& counter = module->tensor(Held::num_batches_tracked))
      if (counter->dtype() != cast->dtype) counter = counter->to(cast->dtype);
  return execution;
}

// The kernels look at nothing where there are no elements.
Result empty_input_is_not_checked(Context& c, const Step& step) {
  const auto* f = std::get_if<Forward>(&step);
  if (!f || c.world.names[f->input].values.shape.numel() != 0) return std::nullopt;
  Execution execution = normdiff::execute(c, step);
  execution.refusals.clear();
  return execution;
}

// A Sequential without children has no forward in C++.
Result empty_sequential_is_refused(Context& c, const Step& step) {
  const auto* f = std::get_if<Forward>(&step);
  if (!f) return std::nullopt;
  const auto places = reference::places(c.world.module(f->module));
  if (std::none_of(places.begin(), places.end(), [](const Module* m) {
        return m->kind == ModuleKind::Sequential && m->children.empty();
      }))
    return std::nullopt;
  Execution execution;
  execution.refusals.push_back({reference::ErrorKind::empty_sequential, "no children"});
  return execution;
}

// An archive is loaded by key: what it lacks is refused, what it has in excess is not looked at,
// and shapes and dtypes come from the archive.
Result archive_replaces_tensors(Context& c, const Step& step) {
  const auto* load = std::get_if<LoadStateDict>(&step);
  if (!load) return std::nullopt;
  Module& target = c.world.module(load->target);
  const auto source = reference::state_dict(c.world.module(load->source));
  Execution execution;
  const std::function<bool(Module&, const std::string&)> load_into =
      [&](Module& module, const std::string& prefix) {
        for (std::size_t i = 0; i < reference::held_count; ++i) {
          auto& tensor = module.tensors[i];
          if (!tensor) continue;
          const std::string key = prefix + std::string(to_string(static_cast<Held>(i)));
          const auto found = std::find_if(source.begin(), source.end(),
                                          [&key](const auto& entry) { return entry.first == key; });
          if (found == source.end()) {
            execution.refusals.push_back({reference::ErrorKind::state_keys, key});
            return false;
          }
          tensor = found->second.clone();
        }
        for (auto& [name, child] : module.children)
          if (!load_into(*child, prefix + name + '.')) return false;
        return true;
      };
  load_into(target, "");
  return execution;
}

const std::array<std::pair<std::string_view, Prediction>, 11>& table() {
  static const std::array<std::pair<std::string_view, Prediction>, 11> predictions = {{
      {"root_flag_everywhere", root_flag_everywhere},
      {"export_runs_the_model", export_runs_the_model},
      {"trace_runs_five_times", trace_runs_five_times},
      {"counter_moves_before_refusal", counter_moves_before_refusal},
      {"shared_children_become_two", shared_children_become_two},
      {"track_option_is_read_each_time", track_option_is_read_each_time},
      {"eps_is_not_checked", eps_is_not_checked},
      {"counter_is_cast", counter_is_cast},
      {"empty_input_is_not_checked", empty_input_is_not_checked},
      {"empty_sequential_is_refused", empty_sequential_is_refused},
      {"archive_replaces_tensors", archive_replaces_tensors},
  }};
  return predictions;
}

}  // namespace

const Prediction* prediction(std::string_view name) {
  for (const auto& [known, function] : table())
    if (known == name) return &function;
  return nullptr;
}

std::vector<std::string_view> prediction_names() {
  std::vector<std::string_view> names;
  for (const auto& [name, function] : table()) names.push_back(name);
  return names;
}

}  // namespace normdiff
