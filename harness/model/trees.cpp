#include "harness/model/trees.hpp"

namespace normdiff {

void expect_identities(Context& c, NameId name) {
  Live& live = c.world.names[name];
  for (std::size_t p = 0; p < live.places.size(); ++p)
    c.expect.exact({name, static_cast<std::uint16_t>(p), Slot::identity},
                   Value{static_cast<std::int64_t>(c.world.first_place(live.places[p]))},
                   {live.places[p]->kind(), "", std::nullopt});
}

Execution define_tree(Context& c, NameId name, NameKind kind, reference::ModulePtr root) {
  Live& live = c.world.define(name, kind);
  live.root = std::move(root);
  live.places = reference::places(*live.root);
  expect_identities(c, name);
  return {{}, {live.root->kind(), "", std::nullopt}, {}, nullptr};
}

}  // namespace normdiff
