#include <functional>

#include "harness/scenario/plan.hpp"
#include "harness/subjects/textbook/run.hpp"

// What each step does in plain float32.
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

}  // namespace

template <class F>
Ending Runner::with(ModuleRef module, F f) {
  if (!is_tree(module.name)) return needs(module.name);
  f(lives_[module.name].places[module.place]);
  return {};
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

void Runner::accumulate(std::optional<Tensor>& grad, const Tensor& added, DType dtype) {
  Tensor sum = added.to(dtype).clone();
  if (grad)
    for (std::int64_t i = 0; i < sum.numel(); ++i) sum.set(i, sum.at(i) + grad->at(i));
  grad = sum;
}

struct Runner::Steps {
  Runner& runner;

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
    return runner.with(step.module,
                       [&](const ModulePtr& module) { module->momentum = step.value; });
  }

  Ending operator()(const SetEps& step) {
    return runner.with(step.module, [&](const ModulePtr& module) { module->eps = step.value; });
  }

  Ending operator()(const SetTrackRunningStats& step) {
    return runner.with(step.module,
                       [&](const ModulePtr& module) { module->track_running_stats = step.value; });
  }

  Ending operator()(const Fill& step) {
    return runner.with(step.module, [&](const ModulePtr& module) {
      Tensor& tensor = *(*module)[step.slot];
      make_data(step.data, step.seed, tensor.numel(), tensor.dtype(), tensor.data());
    });
  }

  Ending operator()(const ResetRunningStats& step) {
    std::optional<Refusal> refusal;
    const Ending ending = runner.with(
        step.module, [&](const ModulePtr& module) { refusal = reset_running_stats(*module); });
    return refusal ? ended(refusal) : ending;
  }

  Ending operator()(const CastTo& step) {
    return runner.with(step.module, [&](const ModulePtr& module) { cast(*module, step.dtype); });
  }

  Ending operator()(const ZeroGrad& step) {
    return runner.with(step.module, [&](const ModulePtr& module) { zero_grad(*module); });
  }

  Ending operator()(const Forward& step) {
    const Live& callee = runner.lives_[step.module.name];
    if (callee.kind == NameKind::undefined) return runner.needs(step.module.name);
    const Live& input = runner.lives_[step.input];
    if (input.kind != NameKind::tensor) return runner.needs(step.input);
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
    forward.flow = {input.tensor, input.requires_grad, true};
    forward.grad = step.grad;
    forward.baked = root->baked_calls;
    forward.result = step.result;
    if (runner.on_flow) forward.last = count_calls(*root) - 1;
    if (auto refusal = runner.walk(root, forward)) return ended(refusal);
    Live& result = runner.define(step.result, NameKind::result);
    result.tensor = std::move(forward.flow.tensor);
    result.requires_grad = forward.flow.requires_grad;
    result.is_leaf = forward.flow.is_leaf;
    result.calls = std::move(forward.calls);
    result.input = step.input;
    return {};
  }

  Ending operator()(const Backward& step) {
    Live& result = runner.lives_[step.output];
    if (result.kind != NameKind::result) return runner.needs(step.output);
    if (!result.requires_grad)
      return ended(
          Refusal{ErrorKind::no_graph, "nothing that requires a gradient was computed"});
    bool saves = false;
    for (const Call& call : result.calls) saves |= !traits_of(call.module->spec->layer).is_view;
    if (result.freed && saves)
      return ended(
          Refusal{ErrorKind::graph_freed, "a second backward; retain_graph was not set"});
    Tensor gradient(result.tensor.dtype(), result.tensor.shape());
    make_gradient(step, gradient.numel(), gradient.dtype(), gradient.data());
    bool reaches_input = true;
    for (std::size_t i = result.calls.size(); i-- > 0;) {
      const Call& call = result.calls[i];
      Gradients gradients = backward(call, gradient, runner.fault_);
      const std::optional<Tensor>* of_parameters[] = {&gradients.weight, &gradients.bias};
      for (std::size_t k = 0; k < 2; ++k)
        if (Parameter& parameter = *call.module->parameters[k];
            *of_parameters[k] && parameter.tensor)
          accumulate(parameter.grad, **of_parameters[k], parameter.tensor->dtype());
      reaches_input = call.input_requires_grad;
      if (!reaches_input) break;
      gradient = std::move(gradients.input);
      if (i == 0) break;
      const int before = static_cast<int>(i) - 1;
      if (runner.on_flow)
        runner.on_flow({step.output, static_cast<std::uint16_t>(before), Slot::leaf_output_grad},
                       gradient);
      runner.leaf_gradients_.emplace_back(before, gradient);
    }
    if (Live& input = runner.lives_[result.input]; reaches_input && input.requires_grad)
      accumulate(input.grad, gradient, input.tensor.dtype());
    result.freed = !step.retain_graph;
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
