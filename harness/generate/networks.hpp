#pragma once

#include "harness/generate/draft.hpp"

namespace normdiff {

/// Constructs a network in an order that people build: convolution, normalisation, relu, flatten,
/// linear. A BatchNorm is in it, and may be all of it.
void draw_network(Draft& draft);

/// Constructs a BatchNorm with a name, and networks that hold it: one twice, or two once each.
void draw_shared_network(Draft& draft);

/// Constructs a norm that takes what the norm at a path takes, and notes that it stands there from
/// now on, as well as under the name that it gives.
NameId draw_norm_for(Draft& draft, DraftedPath path);

}  // namespace normdiff
