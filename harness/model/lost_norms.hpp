#pragma once

#include <string>

#include "harness/model/execute.hpp"

namespace normdiff {

/// "just as without net.bn1": the fewest norms, one, two or all, without which `model` gives the
/// values that an artefact was observed to give; empty: none are. An exporter may fold a norm or
/// write it as other nodes, but not lose it. `observed` has as many elements as the output, of the
/// input's dtype.
[[nodiscard]] std::string lost_norms(const Context& context, const Forward& step,
                                     reference::Module& model,
                                     const reference::ForwardOptions& options,
                                     const void* observed);

}  // namespace normdiff
