#include "harness/cli/check_conclusion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "harness/cli/cli.hpp"
#include "harness/report/judged_sentence.hpp"

namespace normdiff {
namespace {

/// Steps by their outcome: each has one, and those that a trace lacks have none.
std::uint64_t steps_not_compared(const Scenario& scenario, const Replayed& replayed) {
  return replayed.tally.in_group(ObservationClass::error, VerdictGroup::not_compared) +
         scenario.statements.size() -
         std::min(scenario.statements.size(), replayed.trace.steps.size());
}

}  // namespace

CheckConclusion conclude(const Scenario& scenario, const Replayed& replayed) {
  const Tally& tally = replayed.tally;
  std::set<std::string> known;
  std::set<std::string> elsewhere;
  std::set<std::string> news;
  for (const Judged& judged : replayed.checked.judged)
    if (!judged.deviation.empty())
      (judged.verdict == Verdict::known_elsewhere ? elsewhere : known).insert(judged.deviation);
  for (const Finding& finding : replayed.findings)
    news.insert(finding.signatures.begin(), finding.signatures.end());
  std::uint64_t compared = 0;
  std::uint64_t total = 0;
  const std::uint64_t out_of_memory = tally.with(Verdict::out_of_memory);
  for (const ObservationClass observed : all_of<ObservationClass>) {
    compared += tally.compared(observed);
    total += tally.total(observed);
  }

  CheckConclusion conclusion;
  const std::uint64_t steps = steps_not_compared(scenario, replayed);
  const std::string why =
      tally.not_compared.empty() ? "" : fmt::format(" ({})", most_frequent(tally.not_compared, 3));
  if (steps > 0)
    conclusion.rest =
        fmt::format("{} of {} steps were not{}", steps, scenario.statements.size(), why);
  else if (compared < total)
    conclusion.rest = fmt::format("{} of {} observations were not{}", total - compared, total, why);

  if (!replayed.harness_errors.empty()) {
    conclusion.exit_code = exit_failure;
    conclusion.word = "the harness failed";
    conclusion.rest.clear();
  } else if (!replayed.findings.empty()) {
    conclusion.exit_code = exit_discrepancy;
    conclusion.word = "does not conform";
    conclusion.rest = out_of_memory > 0 ? "out of memory, nothing is said of the rest" : "";
  } else if (out_of_memory > 0) {
    conclusion.exit_code = exit_failure;
    conclusion.word = "out of memory";
    conclusion.rest = "nothing is said of the rest";
  } else if (compared == 0) {
    conclusion.exit_code = exit_failure;
    conclusion.word = "nothing was compared";
  } else {
    conclusion.exit_code = exit_conforms;
    conclusion.word = conclusion.rest.empty() ? "conforms" : "conforms where it was compared";
  }
  std::uint64_t weak = 0;
  std::string weakly = weak_verdicts(tally, weak);
  if (weak > 0) weakly = fmt::format(", {} of them weakly ({})", weak, weakly);
  if (weak > 0 && conclusion.exit_code == exit_conforms)
    conclusion.word +=
        tally.with(Verdict::improbable) > 0 ? ", though improbably" : ", in part weakly";
  conclusion.counts =
      fmt::format("{} of {} observations compared{}, {} new {}, {} known {}", compared, total,
                  weakly, news.size(), news.size() == 1 ? "discrepancy" : "discrepancies",
                  known.size(), known.size() == 1 ? "deviation" : "deviations");
  std::uint64_t free = 0;
  for (const auto& [reason, count] : tally.free) free += count;
  if (free > 0) conclusion.counts += fmt::format(", {} free", free);
  if (!elsewhere.empty())
    conclusion.counts += fmt::format(", {} known on other versions only", elsewhere.size());
  return conclusion;
}

}  // namespace normdiff
