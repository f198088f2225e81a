#include "harness/model/operands.hpp"

#include <gtest/gtest.h>

#include "tests/harness/check/checked.hpp"

namespace normdiff {
namespace {

using testing::check;
using testing::ToldSubject;

constexpr const char* scenario =
    "bn = BatchNorm2d(2)\n"
    "net = Sequential(conv=Conv2d(1, 2, kernel_size=1), bn=bn, flat=Flatten(), fc=Linear(8, 2))\n"
    "x = tensor(3, 1, 2, 2, normal(1, 2), requires_grad=True)\n"
    "fill(net.bn.weight, uniform(0.5, 2))\n"
    "y = net(x)\n"
    "backward(y, normal(0, 1))\n"
    "b = copy.deepcopy(net)\n"
    "s = torch.jit.script(net)\n"
    "l = torch.jit.save_load(s)\n"
    "b.load_state_dict(net.state_dict())\n"
    "m = torch.onnx.export(net, x, training=EVAL, dynamo=False, opset_version=17)\n"
    "w = m(x)\n"
    "z = l(x)\n"
    "bn.reset_running_stats()\n"
    "net.to(float64)\n"
    "q = net(x)\n";

/// What a trace may say of anything.
std::vector<Value> anything() {
  ObservedTensor strange;
  strange.known_dtype = false;
  strange.shape = {3, 1, 2, 2};
  ObservedTensor empty;
  empty.shape = {0};
  return {None{}, true, std::int64_t{-1}, std::string_view("what"), strange, empty};
}

/// Observations point into the arena of the original, which must outlive it.
Trace copy_of(const Trace& original) {
  Trace copy;
  for (const StepRecord& step : original.steps) copy.steps.push_back(step);
  for (const Observation& seen : original.observations) copy.observations.push_back(seen);
  return copy;
}

TEST(Operands, ATraceMaySayAnythingOfWhatWasSeen) {
  ToldSubject subject(scenario);
  const Trace honest = subject.run();
  int found = 0;
  for (std::size_t i = 0; i < honest.observations.size(); ++i)
    for (const Value& value : anything()) {
      Trace trace = copy_of(honest);
      trace.observations[i].value = value;
      found += check(subject, trace).judged.empty() ? 0 : 1;
    }
  EXPECT_GT(found, static_cast<int>(5 * honest.observations.size()));
}

TEST(Operands, ATraceMaySayAnythingOfHowAStepEnded) {
  ToldSubject subject(scenario);
  const Trace honest = subject.run();
  for (std::size_t i = 0; i < honest.steps.size(); ++i)
    for (const Outcome outcome : {Outcome::ok, Outcome::error, Outcome::unsupported})
      for (const bool seen : {true, false}) {
        Trace trace = copy_of(honest);
        trace.steps[i].outcome = outcome;
        if (!seen) trace.steps[i].last = trace.steps[i].first;
        const bool nothing_to_see = honest.steps[i].first == honest.steps[i].last;
        const bool as_it_was = outcome == honest.steps[i].outcome && (seen || nothing_to_see);
        EXPECT_EQ(check(subject, trace).judged.empty(), as_it_was) << i;
      }
}

}  // namespace
}  // namespace normdiff
