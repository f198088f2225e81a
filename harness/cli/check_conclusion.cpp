#include "harness/cli/check_conclusion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

#include "harness/cli/cli.hpp"

namespace normdiff {
namespace {

constexpr std::size_t most_reasons = 3;

std::string reasons(const Counts& counts) {
  std::vector<std::pair<std::string, std::uint64_t>> all(counts.begin(), counts.end());
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text;
  for (std::size_t i = 0; i < std::min(most_reasons, all.size()); ++i)
    text += fmt::format("{}{}: {}", i == 0 ? "" : "; ", all[i].first, all[i].second);
  if (all.size() > most_reasons) text += fmt::format("; and {} more", all.size() - most_reasons);
  return text;
}

/// "3 ill_conditioned, 1 loose": the observations that were compared, and of which that says
/// little.
std::string weak_text(const Tally& tally, std::uint64_t& weak) {
  std::string text;
  for (const Verdict verdict : all_of<Verdict>) {
    if (!says_little(verdict)) continue;
    std::uint64_t count = 0;
    for (const ObservationClass observed : all_of<ObservationClass>)
      count += tally.verdicts[observed][verdict];
    if (count == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, to_string(verdict));
    weak += count;
  }
  return text;
}

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
  std::uint64_t out_of_memory = 0;
  for (const ObservationClass observed : all_of<ObservationClass>) {
    compared += tally.compared(observed);
    total += tally.total(observed);
    out_of_memory += tally.verdicts[observed][Verdict::out_of_memory];
  }

  CheckConclusion conclusion;
  const std::uint64_t steps = steps_not_compared(scenario, replayed);
  const std::string why =
      tally.not_compared.empty() ? "" : fmt::format(" ({})", reasons(tally.not_compared));
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
  std::string weakly = weak_text(tally, weak);
  if (weak > 0) weakly = fmt::format(", {} of them weakly ({})", weak, weakly);
  std::uint64_t improbable = 0;
  for (const ObservationClass observed : all_of<ObservationClass>)
    improbable += tally.verdicts[observed][Verdict::improbable];
  if (weak > 0 && conclusion.exit_code == exit_conforms)
    conclusion.word += improbable > 0 ? ", though improbably" : ", in part weakly";
  conclusion.counts =
      fmt::format("{} of {} observations compared{}, {} new {}, {} known {}", compared, total,
                  weakly, news.size(), news.size() == 1 ? "discrepancy" : "discrepancies",
                  known.size(), known.size() == 1 ? "deviation" : "deviations");
  if (!elsewhere.empty())
    conclusion.counts += fmt::format(", {} known on other versions only", elsewhere.size());
  return conclusion;
}

}  // namespace normdiff
