#pragma once

#include <vector>

#include "harness/model/execute.hpp"

namespace normdiff {

/// An observation outside its probable bound.
struct Improbable {
  Key key;
  double bound;  ///< of the element furthest outside
};

/// A step may be judged by probable bounds, too, where a stable implementation does it, and they
/// may be tighter than the proven ones: it works on a tensor of many elements.
[[nodiscard]] bool deserves_second_look(const Context& context, const Step& step);

/// The observations of a step that are outside their probable bounds, those outside their proven
/// ones among them, in the order of their expectations. Judges nothing and moves nothing.
[[nodiscard]] std::vector<Improbable> improbable(const Context& judged, const Step& step);

}  // namespace normdiff
