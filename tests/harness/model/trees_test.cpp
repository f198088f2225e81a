#include "harness/model/trees.hpp"

#include <gmock/gmock.h>

#include "tests/reference/modules/trees.hpp"

namespace normdiff {
namespace {

using reference::ModulePtr;
using reference::testing::make;
using reference::testing::norm;
using reference::testing::sequential;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// The place of a name is the module at that place, of that kind.
struct Identity {
  Key place;
  Key module;
  ModuleKind kind;
  friend bool operator==(const Identity& a, const Identity& b) {
    return a.place == b.place && a.module == b.module && a.kind == b.kind;
  }
};
constexpr Key at(NameId name, std::uint16_t place) {
  return {name, place, Slot::identity};
}

/// Keeps the identities that are stated. Nothing else is.
struct Listener final : Expectations {
  std::vector<Identity> heard;

  void exact(Key key, const Value& expected, const Origin& origin) override {
    const auto packed = static_cast<std::uint64_t>(std::get<std::int64_t>(expected));
    heard.push_back({key, Key::unpack(packed), origin.leaf});
  }
  void within(Key, const TensorFacts&, const Origin&, const CompareValues&) override {
    ADD_FAILURE() << "state is left for expect_state";
  }
  void anything(Key, const char*) override { ADD_FAILURE() << "state is left for expect_state"; }
};

struct Trees : ::testing::Test {
  Scenario scenario;
  Scope scope;
  Manifest manifest;
  World world;
  Listener listener;
  Observed observed;
  Workspace work;
  Context context{scenario, scope, manifest, 0, true, world, listener, observed, work};

  Trees() { world.reset(2); }
};

constexpr ModuleKind bn = reference::kind_of<reference::BatchNorm<2>>;

TEST_F(Trees, DefineANameWithAPlaceForEachOccurrence) {
  const auto shared = norm();
  const ModulePtr root = make(sequential({{"a", shared}, {"b", shared}}));
  const Execution execution = define_tree(context, 0, NameKind::script, root);
  EXPECT_THAT(execution.refusals, IsEmpty());
  EXPECT_THAT(execution.bounded, IsEmpty());
  EXPECT_EQ(execution.underived, nullptr);
  EXPECT_EQ(execution.origin.leaf, root->kind());
  EXPECT_EQ(world.names[0].kind, NameKind::script);
  EXPECT_EQ(world.names[0].root, root);
  EXPECT_EQ(world.names[0].places, reference::places(*root));
  EXPECT_THAT(listener.heard,
              ElementsAre(Identity{at(0, 0), at(0, 0), no_leaf}, Identity{at(0, 1), at(0, 1), bn},
                          Identity{at(0, 2), at(0, 1), bn}));
}

TEST_F(Trees, AModuleThatHasANameAlreadyIsKnownByIt) {
  const auto child = norm();
  reference::Made made;
  (void)define_tree(context, 0, NameKind::module, construct(*child, made));
  listener.heard.clear();
  (void)define_tree(context, 1, NameKind::module, construct(*sequential({{"bn", child}}), made));
  EXPECT_THAT(listener.heard,
              ElementsAre(Identity{at(1, 0), at(1, 0), no_leaf}, Identity{at(1, 1), at(0, 0), bn}));
}

TEST_F(Trees, IdentitiesAreStatedAnewAfterAReplacement) {
  const auto shared = norm();
  (void)define_tree(context, 0, NameKind::module, make(sequential({{"a", shared}, {"b", shared}})));
  Live& live = world.names[0];
  live.root->children[1].second = make(norm());
  live.places = reference::places(*live.root);
  listener.heard.clear();
  expect_identities(context, 0);
  EXPECT_THAT(listener.heard,
              ElementsAre(Identity{at(0, 0), at(0, 0), no_leaf}, Identity{at(0, 1), at(0, 1), bn},
                          Identity{at(0, 2), at(0, 2), bn}));
}

}  // namespace
}  // namespace normdiff
