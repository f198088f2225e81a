#include "harness/campaign/power.hpp"
#include "harness/host/run_range.hpp"

#include <algorithm>
#include <thread>

#include "harness/findings/findings.hpp"
#include "harness/subjects/textbook/textbook.hpp"
#include "harness/triage/deviations.hpp"

namespace normdiff {
namespace {

RangeResult run_on(const Subject& subject, const PowerOptions& options, Checker& checker,
                   std::uint64_t run) {
  const std::uint64_t profiles = options.profiles.size();
  return run_range({options.profiles[run % profiles], options.seed, run / profiles, 1}, subject,
                   checker, [](std::uint64_t) {});
}

CheckOptions check_options(const PowerOptions& options) {
  CheckOptions check;
  check.always_equal = options.always_equal;
  return check;
}

/// A discrepancy of the right textbook counts for no fault: a checker that errs on everything would
/// find all of them.
Signatures shown_by_the_right_one(const PowerOptions& options, const std::atomic<int>& stop) {
  const Subject subject = make_textbook_subject(options.right);
  Checker checker(subject.manifest, Deviations::built_in(), check_options(options));
  Signatures shown;
  for (std::uint64_t run = 0; run < options.most && !stop; ++run)
    for (const Finding& finding : run_on(subject, options, checker, run).findings)
      shown.insert(finding.signatures.begin(), finding.signatures.end());
  return shown;
}

FaultFound hunt(const PowerOptions& options, std::string_view fault, const Signatures& right,
                const std::atomic<int>& stop) {
  FaultFound hunted{std::string(fault), std::nullopt, {}, {}};
  const Subject subject = make_textbook_subject(fault);
  Checker checker(subject.manifest, Deviations::built_in(), check_options(options));
  for (std::uint64_t run = 0; run < options.most && !hunted.after && !stop; ++run) {
    Signatures seen = right;
    for (Finding& finding : run_on(subject, options, checker, run).findings) {
      if (!name_by_new(finding, seen)) continue;
      hunted.after = run + 1;
      hunted.signature = finding.signature;
      hunted.profile = to_string(options.profiles[run % options.profiles.size()]);
      break;
    }
  }
  return hunted;
}

}  // namespace

std::vector<FaultFound> measure_power(const PowerOptions& options, const std::atomic<int>& stop) {
  const std::vector<std::string_view> faults = textbook_faults();
  std::vector<FaultFound> power(faults.size());
  const Signatures right = shown_by_the_right_one(options, stop);
  std::atomic<std::size_t> next{0};
  std::vector<std::thread> threads;
  for (int j = 0; j < std::max(1, options.jobs); ++j)
    threads.emplace_back([&] {
      for (std::size_t i = next++; i < faults.size(); i = next++)
        power[i] = hunt(options, faults[i], right, stop);
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
