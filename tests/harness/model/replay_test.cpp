#include "harness/model/replay.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "harness/profiles/generate.hpp"
#include "harness/subjects/textbook/textbook.hpp"

namespace normdiff {
namespace {

using reference::Tensor;

bool same_bits(const std::optional<Tensor>& held, const Value& seen) {
  const auto* tensor = std::get_if<ObservedTensor>(&seen);
  if (!held || !tensor) return !held && std::holds_alternative<None>(seen);
  return held->dtype() == tensor->dtype && held->shape() == tensor->shape &&
         (tensor->bytes() == 0 ||
          std::memcmp(std::as_const(*held).data(), tensor->data, tensor->bytes()) == 0);
}

/// Flags and tensors of `world` that are not what was last seen of them; how many were looked at.
int differences(const World& world, Observed& observed, int& looked_at) {
  int differ = 0;
  for (const NameId name : world.order)
    for (std::size_t p = 0; p < world.names[name].places.size(); ++p) {
      reference::Module& module = *world.names[name].places[p];
      const auto seen = [&](Slot slot) {
        return observed.now({name, static_cast<std::uint16_t>(p), slot});
      };
      if (const Value* flag = seen(Slot::training)) {
        ++looked_at;
        differ += module.training != std::get<bool>(*flag);
      }
      for (const Slot slot : module_tensor_slots)
        if (const Value* value = seen(slot)) {
          ++looked_at;
          differ += !same_bits(*tensor_of(module, slot), *value);
        }
    }
  return differ;
}

/// Replays scenarios of a subject that goes wrong, looking at every `stride`th step.
int differences_of_campaign(int stride, int& looked_at) {
  const Subject subject = make_textbook_subject("momentum-swapped");
  StateReplay replay(subject.manifest);
  Scenario scenario;
  Trace trace;
  Observed observed;
  int differ = 0;
  for (std::uint64_t number = 0; number < 100; ++number) {
    generate(Profile::modes, 3, number, scenario);
    const Scope scope = resolve(scenario);
    subject.run(scenario, scope, trace);
    replay.begin(scenario, scope, trace);
    observed.reset(scenario.names.size());
    for (int step = 0; step < static_cast<int>(trace.steps.size()); ++step) {
      if (step % stride == 0) differ += differences(replay.before(step), observed, looked_at);
      observed.advance(trace, static_cast<std::size_t>(step));
      replay.note(false);
    }
  }
  return differ;
}

TEST(StateReplay, BeforeAStepTheWorldIsWhatWasSeenAfterTheOneBefore) {
  for (const int stride : {1, 5}) {
    int looked_at = 0;
    EXPECT_EQ(differences_of_campaign(stride, looked_at), 0) << "every " << stride;
    EXPECT_GT(looked_at, 1000);
  }
}

TEST(StateReplay, NothingIsDerivedFromAStepThatDiverged) {
  const Subject subject = make_textbook_subject("");
  Scenario scenario;
  Trace trace;
  StateReplay replay(subject.manifest);
  int forwards = 0;
  for (std::uint64_t number = 0; number < 20; ++number) {
    generate(Profile::modes, 3, number, scenario);
    const Scope scope = resolve(scenario);
    subject.run(scenario, scope, trace);
    for (const bool diverged : {false, true}) {
      replay.begin(scenario, scope, trace);
      for (std::size_t i = 0; i < trace.steps.size(); ++i) {
        replay.note(diverged);
        const auto* forward = std::get_if<Forward>(&scenario.statements[i].step);
        if (!forward || trace.steps[i].outcome != Outcome::ok) continue;
        const World& after = replay.before(static_cast<int>(i) + 1);
        EXPECT_EQ(after.names[forward->result].underived, diverged);
        ++forwards;
      }
    }
  }
  EXPECT_GT(forwards, 20);
}

}  // namespace
}  // namespace normdiff
