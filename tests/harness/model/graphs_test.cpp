#include <gmock/gmock.h>

#include "harness/model/execute.hpp"
#include "tests/reference/modules/runs.hpp"

namespace normdiff {
namespace {

using reference::Module;
using reference::testing::make;
using reference::testing::norm;
using reference::testing::options;
using reference::testing::sample;
using reference::testing::sequential;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

enum Name : NameId {
  net,
  scripted,
  copied,
  of_a,
  of_b,
  of_script,
  of_copy,
  of_nothing,
  name_count
};

/// A call of a forward: its result, and the number of the call.
using Call = std::pair<NameId, std::size_t>;

void define_module(World& world, NameId name, reference::ModulePtr root) {
  Live& live = world.define(name, NameKind::module);
  live.root = std::move(root);
  live.places = reference::places(*live.root);
}

/// Defines a result as the output of one forward of `root`.
void define_result(World& world, NameId name, Module& root) {
  Live& live = world.define(name, NameKind::result);
  live.tape = std::make_shared<reference::Tape>();
  reference::ForwardPass pass;
  pass.run(root, sample.activation(), options(), {}, live.tape.get());
}

/// A tree of two batch norms, a script and a copy of it, a result of each batch norm, of the script
/// and of the copy, and one without a graph.
struct Graphs : ::testing::Test {
  World world;

  Graphs() {
    world.reset(name_count);
    define_module(world, net, make(sequential({{"a", norm()}, {"b", norm()}})));
    define_module(world, scripted, reference::script(*world.names[net].root));
    define_module(world, copied, reference::deepcopy(*world.names[net].root));
    define_result(world, of_a, a());
    define_result(world, of_b, b());
    define_result(world, of_script, *world.names[scripted].root);
    define_result(world, of_copy, *world.names[copied].root);
    world.define(of_nothing, NameKind::result);
  }
  [[nodiscard]] Module& a() { return *world.names[net].places[1]; }
  [[nodiscard]] Module& b() { return *world.names[net].places[2]; }

  [[nodiscard]] std::vector<NameId> stale() const {
    std::vector<NameId> names;
    for (const NameId name : world.order)
      if (world.names[name].tape && world.names[name].tape->stale) names.push_back(name);
    return names;
  }
  /// The calls that saved what was changed.
  [[nodiscard]] std::vector<Call> modified() const {
    std::vector<Call> calls;
    for (const NameId name : world.order)
      if (const auto& tape = world.names[name].tape)
        for (std::size_t i = 0; i < tape->calls.size(); ++i)
          if (tape->calls[i].modified) calls.emplace_back(name, i);
    return calls;
  }
};

using MakeStale = Graphs;
using MarkModified = Graphs;

TEST_F(MakeStale, AGraphOfAModuleBelowOrOfOneThatSharesATensorWithIt) {
  make_stale(world, a());
  EXPECT_THAT(stale(), UnorderedElementsAre(of_a, of_script));
}

TEST_F(MakeStale, ARootReachesAllBelow) {
  make_stale(world, *world.names[net].root);
  EXPECT_THAT(stale(), UnorderedElementsAre(of_a, of_b, of_script));
}

TEST_F(MakeStale, OneSharedTensorIsEnough) {
  world.names[copied].places[2]->tensor(TensorSlot::bias) = b().tensor(TensorSlot::bias);
  make_stale(world, b());
  EXPECT_THAT(stale(), UnorderedElementsAre(of_b, of_script, of_copy));
}

TEST_F(MarkModified, TheCallsThatSavedTheTensorWhoeverHoldsIt) {
  mark_modified(world, *a().find(TensorSlot::weight));
  EXPECT_THAT(modified(), UnorderedElementsAre(Call(of_a, 0), Call(of_script, 0)));
  mark_modified(world, *b().find(TensorSlot::running_mean));
  EXPECT_THAT(modified(), UnorderedElementsAre(Call(of_a, 0), Call(of_script, 0), Call(of_b, 0),
                                               Call(of_script, 1)));
  EXPECT_THAT(stale(), IsEmpty()) << "what a backward through them does is derived";
}

TEST_F(MarkModified, NoCallSavedABiasOrACounter) {
  mark_modified(world, *a().find(TensorSlot::bias));
  mark_modified(world, *a().find(TensorSlot::num_batches_tracked));
  EXPECT_THAT(modified(), IsEmpty());
}

TEST_F(MarkModified, AnotherTensorOfTheSameValuesIsNotMeant) {
  mark_modified(world, a().find(TensorSlot::weight)->clone());
  EXPECT_THAT(modified(), IsEmpty());
}

}  // namespace
}  // namespace normdiff
