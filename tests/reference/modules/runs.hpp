#pragma once

#include <string>
#include <vector>

#include "tests/reference/modules/trees.hpp"

namespace normdiff::reference::testing {

using Numbers = std::vector<double>;

// One channel, 1 2 3 6: mean 3, biased variance 3.5, unbiased 14/3.
inline const Input<float> sample{{1, 2, 3, 6}, {2, 1, 1, 2}};

inline BatchNormOptions half() {
  BatchNormOptions o;
  o.eps = 0.5;  // the root of 3.5 + 0.5 is 2
  o.momentum = 0.5;
  return o;
}

/// The refusals of one forward, its output, and the state of a batch norm behind it.
struct Ran {
  std::vector<ErrorKind> refusals;
  Numbers output, mean, variance, counter;
  std::string branch;
};

inline Ran run(Module& module, const Activation& input, ForwardOptions o = options()) {
  ForwardPass pass;
  Ran ran;
  pass.run(
      module, input, o,
      [&ran](int, const LeafOutput& out) -> std::optional<Activation> {
        ran.branch = out.branch();
        return std::nullopt;
      },
      nullptr);
  ran.refusals = kinds(pass.refusals());
  ran.output = elements(pass.last().values);
  ran.mean = elements(module.tensor(TensorSlot::running_mean));
  ran.variance = elements(module.tensor(TensorSlot::running_var));
  ran.counter = elements(module.tensor(TensorSlot::num_batches_tracked));
  return ran;
}
inline Ran run(Module& module, const Input<float>& input = sample, ForwardOptions o = options()) {
  return run(module, input.activation(), o);
}

/// One call of one layer with an input that requires a gradient.
struct Single {
  Numbers output;
  std::vector<double> error;
  bool requires_grad = false;
  bool is_leaf = false;
  Tape tape;
};
inline Single single(const Layer& layer, const Input<float>& input, bool training = true,
                     bool grad = true) {
  const ModulePtr module = make(leaf(layer));
  module->training = training;
  ForwardOptions o = options();
  o.input_requires_grad = true;
  o.grad = grad;
  Single seen;
  ForwardPass pass;
  pass.run(
      *module, input.activation(), o,
      [&seen](int, const LeafOutput& out) -> std::optional<Activation> {
        seen.requires_grad = out.requires_grad();
        seen.is_leaf = out.is_leaf();
        return std::nullopt;
      },
      &seen.tape);
  const Values& last = pass.last().values;
  seen.output = elements(last);
  seen.error.assign(last.error, last.error + last.shape.numel());
  return seen;
}

}  // namespace normdiff::reference::testing
