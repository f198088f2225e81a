#include "harness/generate/draft.hpp"
#include "harness/model/execute.hpp"
#include "harness/model/trees.hpp"

namespace normdiff {

using reference::Module;

// Tracing runs the module once; a check run leaves nothing.
Execution execute(Context& c, const JitTrace& step) {
  Module& module = c.world.module(step.module);
  const Live& input = c.world.names[step.input];
  reference::ForwardOptions options;
  options.grad = true;
  options.past_soft_refusals = c.subject_accepted;
  options.input_requires_grad = input.requires_grad;
  options.arithmetic = &c.arithmetic();
  reference::ForwardPass& pass = c.work.forward;
  pass.run(module, {input.values, input.values.dtype, input.layout}, options, {}, nullptr);
  if (!pass.refusals().empty() && !c.subject_accepted)
    return {pass.refusals(), {module.kind(), "trace", std::nullopt}, known_within(pass), nullptr};
  Execution execution =
      define_tree(c, step.result, NameKind::script, reference::trace(module, pass.ranks()));
  execution.refusals = pass.refusals();
  execution.bounded = known_within(pass);
  return execution;
}

void draw(Draft& draft, KindOf<JitTrace>) {
  const DraftedPath path = draft.any_eager(0.95);
  const NameId input = draft.tensor_for(path).name;
  const JitTrace step{draft.name(NameStem::script), draft.ref(path), input,
                      draft.random.chance(0.4)};
  draft.push(step);
  draft.add_derived_tree(path, NameKind::script, step.result);
}

}  // namespace normdiff
