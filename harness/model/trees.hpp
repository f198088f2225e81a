#pragma once

#include "harness/model/execute.hpp"

namespace normdiff {

/// Defines a name as the tree under `root` and states which of its places are one module. The state
/// of the modules is left for `expect_state`.
Execution define_tree(Context& context, NameId name, NameKind kind, reference::ModulePtr root);

/// States which places of a name are one module.
void expect_identities(Context& context, NameId name);

}  // namespace normdiff
