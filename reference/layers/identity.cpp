#include "reference/layers/identity.hpp"

namespace normdiff::reference {

bool forward(LayerCall& call, const Identity&) {
  give_input(call);
  call.branch = "identity";
  return true;
}

void backward(LayerGradient& gradient, const Identity&) {
  give_upstream(gradient);
  gradient.branch = "backward, identity";
}

}  // namespace normdiff::reference
