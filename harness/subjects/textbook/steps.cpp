#include <algorithm>
#include <functional>
#include <set>
#include <span>

#include "harness/scenario/plan.hpp"
#include "harness/subjects/textbook/run.hpp"

// Each step, done in plain float32.
namespace normdiff::textbook {
namespace {

std::optional<NameId> missing(const ModuleExpression& expression,
                              const std::function<bool(NameId)>& is_live) {
  for (const ModuleExpression::Child& child : expression.children) {
    if (const NameId* name = std::get_if<NameId>(&child.module)) {
      if (!is_live(*name)) return *name;
    } else if (auto below = missing(std::get<ModuleExpression>(child.module), is_live)) {
      return below;
    }
  }
  return std::nullopt;
}

std::size_t count_calls(const Module& module) {
  if (!module.is_sequential()) return 1;
  std::size_t count = 0;
  for (const auto& [name, child] : module.children) count += count_calls(*child);
  return count;
}

/// The calls that a gradient goes through, the last one first.
std::vector<Call*> way_back(Graph* graph) {
  std::vector<Call*> way;
  for (; graph; graph = graph->before.get())
    for (auto call = graph->calls.rbegin(); call != graph->calls.rend(); ++call) {
      way.push_back(&*call);
      if (!call->input_requires_grad) return way;
    }
  return way;
}

bool is_gone(const Call* call) {
  return call->freed && !call->gives_input && !traits_of(call->module->spec->layer).is_view;
}

/// The parameters that calls have gradients for. Where a backward does not reach these calls, what
/// others added up for such a parameter is not its gradient.
std::set<const Parameter*> parameters_of(std::span<Call* const> calls) {
  std::set<const Parameter*> parameters;
  for (const Call* call : calls)
    for (std::size_t k = 0; k < call->parameter_requires_grad.size(); ++k)
      if (call->parameter_requires_grad[k]) parameters.insert(call->module->parameters[k].get());
  return parameters;
}

}  // namespace

/// f(module) may give an ending.
template <class F>
Ending Runner::with(ModuleRef module, F f) {
  if (!is_tree(module.name)) return needs(module.name);
  const ModulePtr& place = lives_[module.name].places[module.place];
  if constexpr (std::is_void_v<decltype(f(place))>) {
    f(place);
    return {};
  } else {
    return f(place);
  }
}

ModulePtr Runner::build(const ModuleExpression& expression, NameId result, std::size_t& place) {
  const std::size_t mine = place++;
  const auto& places = (*scope_)[result].places;
  ModulePtr module = fresh(*places[mine].module);
  visit_tensors(module->spec->layer, [&](const reference::FreshTensor& fresh) {
    if (fresh.fill == reference::Fill::drawn)
      initial_values(*scenario_, step_, static_cast<int>(mine), *module->spec, fresh.slot,
                     static_cast<float*>((*module)[fresh.slot]->data()));
  });
  for (const ModuleExpression::Child& child : expression.children) {
    if (const NameId* name = std::get_if<NameId>(&child.module)) {
      module->children.emplace_back(child.name, lives_[*name].places.front());
      place = static_cast<std::size_t>(places[place].end);
    } else {
      module->children.emplace_back(child.name,
                                    build(std::get<ModuleExpression>(child.module), result, place));
    }
  }
  return module;
}

void Runner::replace(const Replace& step) {
  const std::vector<reference::Place>& places = (*scope_)[step.module.name].places;
  const auto above = static_cast<std::size_t>(places[step.module.place].parent);
  const ModulePtr parent = lives_[step.module.name].places[above];
  const ModulePtr by = lives_[step.replacement.name].places[step.replacement.place];
  parent->children[child_number(places, step.module.place)].second =
      fault_ == Fault::replaced_by_a_copy ? deepcopy(by, Fault::none) : by;
  for (const NameId name : shown_) {
    Live& live = lives_[name];
    if (live.kind != NameKind::module) continue;
    const std::vector<ModulePtr> before = std::move(live.places);
    live.places.clear();
    list_places(before.front(), live.places);
    for (std::size_t i = 0; i < before.size(); ++i)
      if (live.places[i] != before[i])
        recorder_.replaced(name, static_cast<std::uint16_t>(i), live.places[i]->spec->layer);
  }
  first_place_.clear();
}

void Runner::accumulate(std::optional<Tensor>& grad, const Tensor& added, DType dtype) {
  Tensor sum = added.to(dtype).clone();
  if (grad)
    for (std::int64_t i = 0; i < sum.numel(); ++i) sum.set(i, sum.at(i) + grad->at(i));
  grad = sum;
}

struct Runner::Steps {
  Runner& runner;

  /// The ending of a step that needs another module than stands there, as a replacement was not
  /// made.
  static Ending unfit() {
    return {Outcome::unsupported, {}, "needs a module that was not put there"};
  }

  template <class F>
  Ending with_norm(ModuleRef module, F f) {
    return runner.with(module, [&](const ModulePtr& place) {
      if (!is_norm(place->spec->layer)) return unfit();
      f(*place);
      return Ending();
    });
  }

  Ending operator()(const Construct& step) {
    const auto is_live = [&](NameId name) { return runner.is_tree(name); };
    if (const auto name = missing(step.module, is_live)) return runner.needs(*name);
    std::size_t place = 0;
    runner.define_tree(step.result, NameKind::module,
                       runner.build(step.module, step.result, place));
    return {};
  }

  Ending operator()(const MakeTensor& step) {
    Live& live = runner.define(step.result, NameKind::tensor);
    live.tensor = Tensor(step.dtype, step.shape);
    live.requires_grad = step.requires_grad;
    make_data(step.data, step.seed, step.shape.numel(), step.dtype, live.tensor.data());
    return {};
  }

  Ending operator()(const Train& step) {
    return runner.with(step.module, [&](const ModulePtr& module) { train(*module, step.mode); });
  }

  Ending operator()(const SetTraining& step) {
    return runner.with(step.module,
                       [&](const ModulePtr& module) { module->training = step.value; });
  }

  Ending operator()(const SetMomentum& step) {
    return with_norm(step.module, [&](Module& module) { module.momentum = step.value; });
  }

  Ending operator()(const SetEps& step) {
    return with_norm(step.module, [&](Module& module) { module.eps = step.value; });
  }

  Ending operator()(const SetTrackRunningStats& step) {
    return with_norm(step.module, [&](Module& module) { module.track_running_stats = step.value; });
  }

  Ending operator()(const Fill& step) {
    return runner.with(step.module, [&](const ModulePtr& module) {
      std::optional<Tensor>& tensor = (*module)[step.slot];
      if (!tensor) return unfit();
      make_data(step.data, step.seed, tensor->numel(), tensor->dtype(), tensor->data());
      return Ending();
    });
  }

  Ending operator()(const ResetRunningStats& step) {
    std::optional<Refusal> refusal;
    const Ending ending =
        with_norm(step.module, [&](Module& module) { refusal = reset_running_stats(module); });
    return refusal ? ended(refusal) : ending;
  }

  Ending operator()(const CastTo& step) {
    return runner.with(step.module, [&](const ModulePtr& module) { cast(*module, step.dtype); });
  }

  Ending operator()(const ZeroGrad& step) {
    return runner.with(step.module, [&](const ModulePtr& module) { zero_grad(*module); });
  }

  Ending operator()(const RequiresGrad& step) {
    return runner.with(step.module, [&](const ModulePtr& module) {
      std::vector<ModulePtr> places;
      list_places(module, places);
      for (const ModulePtr& place : places)
        for (const auto& parameter : place->parameters)
          parameter->requires_grad = step.requires_grad;
    });
  }

  Ending operator()(const Replace& step) {
    if (!runner.is_tree(step.replacement.name)) return runner.needs(step.replacement.name);
    return runner.with(step.module, [&](const ModulePtr&) { runner.replace(step); });
  }

  Ending operator()(const Forward& step) {
    const Live& callee = runner.lives_[step.module.name];
    if (callee.kind == NameKind::undefined) return runner.needs(step.module.name);
    if (!runner.is_input(step.input)) return runner.needs(step.input);
    const Live& input = runner.lives_[step.input];
    if (callee.artefact) {
      auto output = callee.artefact->run(input.tensor);
      if (const auto* refusal = std::get_if<Refusal>(&output)) return ended(*refusal);
      Live& result = runner.define(step.result, NameKind::result);
      result.tensor = std::get<Tensor>(std::move(output));
      if (runner.on_flow) runner.on_flow({step.result, 0, Slot::value}, result.tensor);
      return {};
    }
    const ModulePtr& root = callee.places[step.module.place];
    Walk forward;
    const bool goes_on =
        input.requires_grad && !(runner.fault_ == Fault::result_detached && input.graph);
    forward.flow = {input.tensor, goes_on, input.is_leaf};
    forward.grad = step.grad;
    forward.baked = root->baked_calls;
    forward.result = step.result;
    if (runner.on_flow) forward.last = count_calls(*root) - 1;
    if (auto refusal = runner.walk(root, forward)) return ended(refusal);
    Live& result = runner.define(step.result, NameKind::result);
    result.tensor = std::move(forward.flow.tensor);
    result.requires_grad = forward.flow.requires_grad;
    result.is_leaf = forward.flow.is_leaf;
    result.graph = std::make_shared<Graph>();
    result.graph->calls = std::move(forward.calls);
    if (goes_on) result.graph->before = input.graph;
    result.input = step.input;
    return {};
  }

  Ending operator()(const Backward& step) {
    const Live& result = runner.lives_[step.output];
    if (result.kind != NameKind::result) return runner.needs(step.output);
    if (!result.requires_grad)
      return ended(Refusal{ErrorKind::no_graph, "nothing that requires a gradient was computed"});
    Tensor gradient(result.tensor.dtype(), result.tensor.shape());
    make_gradient(step, gradient.numel(), gradient.dtype(), gradient.data());
    const std::vector<Call*> way = way_back(result.graph.get());
    const auto gone = std::find_if(way.begin(), way.end(), is_gone);
    const std::set<const Parameter*> unfinished = parameters_of({gone, way.end()});
    auto number = static_cast<int>(result.graph->calls.size());  // of the calls that can be seen
    for (Call* call : std::span(way.begin(), gone)) {
      Gradients gradients = backward(*call, gradient, runner.fault_);
      call->freed = call->freed || !step.retain_graph;
      const std::optional<Tensor>* of_parameters[] = {&gradients.weight, &gradients.bias};
      for (std::size_t k = 0; k < 2; ++k) {
        Parameter& parameter = *call->module->parameters[k];
        if (!*of_parameters[k] || !parameter.tensor || unfinished.contains(&parameter)) continue;
        const bool required = call->parameter_requires_grad[k] && parameter.requires_grad;
        if (required || runner.fault_ == Fault::frozen_gets_gradients)
          accumulate(parameter.grad, **of_parameters[k], parameter.tensor->dtype());
      }
      if (!call->input_requires_grad) return {};
      gradient = std::move(gradients.input);
      if (--number <= 0)
        continue;  // nobody sees the gradients of inputs and inside earlier forwards
      if (runner.on_flow)
        runner.on_flow(
            {step.output, static_cast<std::uint16_t>(number - 1), Slot::leaf_output_grad},
            gradient);
      runner.leaf_gradients_.emplace_back(number - 1, gradient);
    }
    if (gone != way.end())
      return ended(Refusal{ErrorKind::graph_freed, "a second backward; retain_graph was not set"});
    NameId source = result.input;
    while (runner.lives_[source].kind == NameKind::result) source = runner.lives_[source].input;
    if (Live& input = runner.lives_[source]; input.requires_grad)
      accumulate(input.grad, gradient, input.tensor.dtype());
    return {};
  }

  Ending operator()(const DeepCopy& step) {
    return runner.with(step.module, [&](const ModulePtr& module) {
      runner.define_tree(step.result, NameKind::module, deepcopy(module, runner.fault_));
    });
  }

  Ending operator()(const LoadStateDict& step) {
    if (!runner.is_tree(step.target.name)) return runner.needs(step.target.name);
    std::optional<Refusal> refusal;
    const Ending ending = runner.with(step.source, [&](const ModulePtr& source) {
      refusal =
          load_state_dict(*runner.lives_[step.target.name].places[step.target.place], *source);
    });
    return refusal ? ended(refusal) : ending;
  }

  /// Tracing runs the module once; running it again to check the trace leaves nothing.
  Ending operator()(const JitTrace& step) {
    if (!runner.is_tree(step.module.name)) return runner.needs(step.module.name);
    const Live& input = runner.lives_[step.input];
    if (input.kind != NameKind::tensor) return runner.needs(step.input);
    const ModulePtr& module = runner.lives_[step.module.name].places[step.module.place];
    Walk forward;
    forward.flow = {input.tensor, input.requires_grad, true};
    if (auto refusal = runner.walk(module, forward)) return ended(refusal);
    if (runner.fault_ == Fault::trace_check_moves_state && step.check_trace)
      if (auto refusal = runner.run_through(module, input)) return ended(refusal);
    std::vector<BakedCall> calls;
    for (const Call& call : forward.calls)
      calls.push_back({call.input.shape().rank(), call.factor});
    runner.define_tree(step.result, NameKind::script, trace(module, std::move(calls)));
    return {};
  }

  Ending operator()(const JitScript& step) {
    return runner.with(step.module, [&](const ModulePtr& module) {
      runner.define_tree(step.result, NameKind::script, script(module, runner.fault_));
    });
  }

  Ending operator()(const JitSaveLoad& step) {
    return runner.with({step.script, 0}, [&](const ModulePtr& script) {
      runner.define_tree(step.result, NameKind::script, deepcopy(script, Fault::none));
    });
  }

  Ending operator()(const OnnxExport& step) {
    if (!runner.is_tree(step.module.name)) return runner.needs(step.module.name);
    const Live& input = runner.lives_[step.input];
    if (input.kind != NameKind::tensor) return runner.needs(step.input);
    auto artefact = onnx_export(runner.lives_[step.module.name].places[step.module.place],
                                input.tensor, step, {runner.fault_, runner.checks, {}});
    if (const auto* refusal = std::get_if<Refusal>(&artefact)) return ended(*refusal);
    runner.define(step.result, NameKind::artefact).artefact =
        std::get<Artefact>(std::move(artefact));
    return {};
  }
};

/// A kind of step without its function in Steps does not compile here.
Ending Runner::play(const Step& step) {
  return std::visit(Steps{*this}, step);
}

}  // namespace normdiff::textbook
