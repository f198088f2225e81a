#include "harness/campaign/power.hpp"

#include <algorithm>
#include <thread>

#include "harness/subjects/textbook/textbook.hpp"
#include "harness/triage/deviations.hpp"

namespace normdiff {
namespace {

FaultFound hunt(const PowerOptions& options, std::string_view fault,
                const std::atomic<bool>& stop) {
  FaultFound hunted{std::string(fault), std::nullopt, {}};
  const Subject subject = make_textbook_subject(fault);
  CheckOptions check;
  check.always_equal = options.always_equal;
  Checker checker(subject.manifest, Deviations::built_in(), check);
  for (std::uint64_t run = 0; run < options.most && !hunted.after && !stop; ++run) {
    const std::uint64_t profiles = options.profiles.size();
    const Range one{options.profiles[run % profiles], options.seed, run / profiles, 1};
    const RangeResult result = run_range(one, subject, checker, [](std::uint64_t) {});
    if (result.findings.empty()) continue;
    hunted.after = run + 1;
    hunted.signature = result.findings.front().signature;
  }
  return hunted;
}

}  // namespace

std::vector<FaultFound> measure_power(const PowerOptions& options, const std::atomic<bool>& stop) {
  const std::vector<std::string_view> faults = textbook_faults();
  std::vector<FaultFound> power(faults.size());
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> threads;
  for (int j = 0; j < std::max(1, options.jobs); ++j)
    threads.emplace_back([&] {
      for (std::size_t i = next++; i < faults.size(); i = next++)
        power[i] = hunt(options, faults[i], stop);
    });
  for (std::thread& thread : threads) thread.join();
  return power;
}

double faults_per_10k(const std::vector<FaultFound>& power, std::uint64_t most) {
  std::uint64_t found = 0;
  std::uint64_t scenarios = 0;
  for (const FaultFound& fault : power) {
    if (fault.after) ++found;
    scenarios += fault.after.value_or(most);
  }
  return scenarios == 0 ? 0 : 1e4 * static_cast<double>(found) / static_cast<double>(scenarios);
}

}  // namespace normdiff
