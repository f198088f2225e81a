// Text -> scenario -> the newest LibTorch -> checker. A discrepancy that no deviation predicts, or
// a failure of the harness itself, ends the run with its signature and scenario.
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "fuzz/affordable.hpp"
#include "harness/check/check.hpp"
#include "harness/scenario/text/text.hpp"
#include "harness/subjects/libtorch/libtorch.hpp"
#include "harness/triage/deviations.hpp"

namespace {

using namespace normdiff;

// LibTorch isn't instrumented: which branch of the reference was reached, and what each kind of
// step did, is what tells libFuzzer that an input is new.
constexpr std::size_t counter_count = 4096;
__attribute__((section("__libfuzzer_extra_counters"))) std::array<std::uint8_t, counter_count>
    counters;

void count(std::size_t feature) {
  ++counters[feature % counter_count];
}

void count(const Scenario& scenario, const Trace& trace, const Tally& tally) {
  for (const auto& [branch, times] : tally.branches_reached)
    count(std::hash<std::string>{}(branch));
  for (std::size_t i = 0; i < trace.steps.size(); ++i) {
    const std::size_t kind = scenario.statements[i].step.index();
    const std::size_t before = i == 0 ? 0 : scenario.statements[i - 1].step.index() + 1;
    count((kind * 32 + before) * 8 + static_cast<std::size_t>(trace.steps[i].outcome));
  }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  prepare_process();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Subject subject = make_libtorch_subject();
  static Checker checker(subject.manifest, Deviations::built_in());
  static Trace trace;
  const auto parsed = parse({reinterpret_cast<const char*>(data), size});
  const auto* scenario = std::get_if<Scenario>(&parsed);
  if (scenario == nullptr) return 0;
  const Scope scope = resolve(*scenario);
  if (!affordable(*scenario, scope)) return -1;  // not into the corpus

  subject.run(*scenario, scope, trace);
  Tally tally;
  CheckResult result;
  checker.check(*scenario, scope, trace, tally, result);
  count(*scenario, trace, tally);
  // Says nothing of the subject, but is not to pass unseen.
  if (!trace.steps.empty() && trace.steps.back().outcome == Outcome::out_of_memory)
    fmt::print(stderr, "out of memory: {}\n{}", trace.steps.back().text, print(*scenario));
  for (const Judged& judged : result.judged) {
    if (!is_new_discrepancy(judged.verdict) && judged.verdict != Verdict::harness_error) continue;
    fmt::print(stderr, "{}\nexpected {}, observed {}\n{}",
               signature(subject.manifest, *scenario, judged), judged.expected, judged.observed,
               print(*scenario));
    std::abort();
  }
  return 0;
}
