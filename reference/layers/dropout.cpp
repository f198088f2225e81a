#include "reference/layers/dropout.hpp"

#include <charconv>
#include <cmath>

namespace normdiff::reference {
namespace {

/// Zeros, but for what is not finite or may not be.
void drop(const Values& values, Bounded& out) {
  reshape(values, values.shape, out);
  for (std::size_t i = 0; i < out.value.size(); ++i) {
    const bool finite = std::isfinite(out.value[i]) && !(out.bound[i] < 0);
    out.value[i] = 0;
    out.bound[i] = finite ? 0 : -1;
  }
}

}  // namespace

std::optional<ArgumentProblem> Dropout::problem() const {
  if (p == 0 || p == 1) return std::nullopt;
  std::array<char, 32> text{};
  const char* const begin = text.data();
  const char* const end = std::to_chars(text.data(), text.data() + text.size(), p).ptr;
  return ArgumentProblem{"p", "p is 0 or 1, not " + std::string(begin, end) +
                                  ": what is dropped otherwise is random; write p=0 or p=1"};
}

bool forward(LayerCall& call, const Dropout& layer) {
  if (layer.does_nothing(call.training) || call.shape().numel() == 0) {
    give_input(call);
    call.branch = "dropout of nothing";
    return true;
  }
  call.profile = uniform_profile(call.input.dtype);
  call.output = call.shape();
  drop(call.input.values, call.stored);
  call.branch = "dropout of everything";
  return true;
}

void backward(LayerGradient& gradient, const Dropout&) {
  if (gradient.call.saves_nothing) {
    give_upstream(gradient);
    gradient.branch = "backward, dropout of nothing";
    return;
  }
  if (gradient.input) drop(gradient.upstream, *gradient.input);
  gradient.branch = "backward, dropout of everything";
}

}  // namespace normdiff::reference
