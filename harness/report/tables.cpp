#include "harness/report/tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace normdiff {
namespace {

std::string joined(const std::vector<std::string>& parts) {
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string hits_text(const Counts& hits) {
  std::vector<std::string> parts;
  for (const auto& [subject, count] : hits)
    parts.push_back(fmt::format("{}: {}", subject, grouped(count)));
  return joined(parts);
}

}  // namespace

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

std::string percent(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "-";
  if (part == whole) return "100 %";
  const double share = 100 * static_cast<double>(part) / static_cast<double>(whole);
  return fmt::format("{:.2f} %", std::min(99.99, std::floor(share * 100) / 100));
}

Table subjects_table(const Report& report) {
  Table table{{"Subject", "CPU capability", "Path", "Scenarios", "Steps", "Corpus"}, {}, 3};
  for (const ReportSubject& subject : report.subjects) {
    const Tally total = subject.total();
    std::string corpus = "not replayed";
    if (subject.corpus_files + subject.corpus_skipped > 0)
      corpus = fmt::format("{} of {} conform", subject.corpus_conforming, subject.corpus_files);
    if (subject.corpus_skipped > 0)
      corpus += fmt::format(", {} need steps it does not do", subject.corpus_skipped);
    table.rows.push_back(
        {subject.manifest.id(),
         subject.manifest.cpu_capability.empty() ? "not known" : subject.manifest.cpu_capability,
         subject.manifest.path.empty() ? "built in" : subject.manifest.path,
         grouped(total.scenarios), grouped(total.steps), corpus});
  }
  return table;
}

std::vector<ClassShares> class_shares(const Tally& tally) {
  std::vector<ClassShares> all;
  for (const ObservationClass observed : all_of<ObservationClass>) {
    const auto in = [&](VerdictGroup group) { return tally.in_group(observed, group); };
    const ClassShares shares{observed,
                             tally.total(observed),
                             in(VerdictGroup::sharp),
                             in(VerdictGroup::weak),
                             in(VerdictGroup::known),
                             in(VerdictGroup::discrepancy),
                             in(VerdictGroup::not_compared) + in(VerdictGroup::failure)};
    if (shares.total > 0) all.push_back(shares);
  }
  return all;
}

Table shares_table(const ReportSubject& subject) {
  Table table{{"Class", "Observations", "Compared", "Equal or within bound", "Weakly", "Known",
               "New", "Not compared"},
              {},
              1};
  const Tally total = subject.total();
  for (const ClassShares& shares : class_shares(total))
    table.rows.push_back({std::string(to_string(shares.observed)), grouped(shares.total),
                          percent(total.compared(shares.observed), shares.total),
                          percent(shares.sharp, shares.total), grouped(shares.weak),
                          grouped(shares.known), grouped(shares.discrepancies),
                          grouped(shares.not_compared)});
  return table;
}

Table not_compared_table(const ReportSubject& subject) {
  Table table{{"Why", "Times"}, {}, 1};
  const Tally total = subject.total();
  std::vector<std::pair<std::string, std::uint64_t>> reasons(total.not_compared.begin(),
                                                             total.not_compared.end());
  std::stable_sort(reasons.begin(), reasons.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  for (const auto& [reason, count] : reasons) table.rows.push_back({reason, grouped(count)});
  for (const auto& [reason, count] : total.free)
    table.rows.push_back({"free, anything is right: " + reason, grouped(count)});
  return table;
}

Table floors_table(const Report& report) {
  Table table{{"Subject", "What", "Passed", "Share", "Floor"}, {}, 3};
  constexpr reference::EnumArray<Floor::State, const char*> passed = {"yes", "no",
                                                                      "too few to tell"};
  for (const Floor& floor : report.floors)
    table.rows.push_back(
        {floor.subject, floor.what, passed[floor.state()],
         fmt::format("{:.2f} %", std::floor(floor.share * 1e4) / 100),
         floor.remedy.empty() ? fmt::format("{:.0f} %", 100 * floor.floor) : "any"});
  return table;
}

std::string replay_commands(const ReportFinding& finding) {
  std::string commands = finding.first.replay;
  for (const Witness& other : finding.others) commands += "\n" + other.replay;
  return commands;
}

Table known_table(const Report& report, bool seen) {
  Table table{{"Deviation", "What happens, and why", "Versions", "Witness"}, {}, 0};
  if (seen) table.columns.emplace_back(report.settings.corpus ? "Seen, with the corpus" : "Seen");
  const auto hits = report.deviation_hits();
  for (const Deviation& deviation : report.deviations) {
    const auto found = hits.find(deviation.id);
    if ((found != hits.end()) != seen) continue;
    table.rows.push_back(
        {deviation.id,
         fmt::format("{}. {} (Rests on: {}{}.{})", deviation.title, deviation.why,
                     deviation.standing, deviation.docs.empty() ? "" : ", " + deviation.docs,
                     deviation.upstream.empty() ? "" : " See: " + joined(deviation.upstream) + "."),
         fmt::format("{} {}", joined(deviation.subjects),
                     deviation.versions.empty() ? "all" : deviation.versions),
         deviation.witness});
    if (seen) table.rows.back().push_back(hits_text(found->second));
  }
  return table;
}

Table elsewhere_table(const Report& report) {
  Table table{{"Deviation", "What happens, and why", "Measured on", "The same on"}, {}, 0};
  const auto hits = report.hits_elsewhere();
  for (const Deviation& deviation : report.deviations)
    if (const auto found = hits.find(deviation.id); found != hits.end())
      table.rows.push_back({deviation.id, fmt::format("{}. {}", deviation.title, deviation.why),
                            joined(deviation.verified_on), hits_text(found->second)});
  return table;
}

Table power_table(const Report& report) {
  Table table{{"Planted fault", "Found as", "Profile", "After scenarios"}, {}, 3};
  for (const FaultFound& fault : report.power)
    table.rows.push_back(
        {fault.fault, fault.signature, fault.profile,
         fault.after ? grouped(*fault.after) : "not in " + grouped(report.power_most)});
  return table;
}

std::vector<RatioRow> ratio_rows(const ReportSubject& subject) {
  const Tally total = subject.total();
  std::vector<RatioRow> rows;
  for (const ObservationClass observed : all_of<ObservationClass>)
    for (const DType dtype : all_of<DType>)
      for (const Layout layout : all_of<Layout>) {
        const RatioHistogram& histogram = total.ratios[observed][dtype][layout];
        if (histogram.exact + histogram.inexact() == 0) continue;
        rows.push_back(
            {fmt::format("{}, {}, {}", to_string(observed), to_string(dtype), to_string(layout)),
             histogram});
      }
  return rows;
}

std::string power_sentence(const Report& report) {
  if (report.power.empty())
    return "Power was not measured (--power): a clean run of unknown power says little.";
  const auto found = std::count_if(report.power.begin(), report.power.end(),
                                   [](const FaultFound& fault) { return fault.after.has_value(); });
  std::string where;
  for (const std::string& profile : report.settings.profiles) {
    const auto here = std::count_if(
        report.power.begin(), report.power.end(),
        [&](const FaultFound& fault) { return fault.after && fault.profile == profile; });
    where += fmt::format("{}{} in {}", where.empty() ? "" : ", ", here, profile);
  }
  return fmt::format(
      "With the same settings {} of {} faults planted in the textbook implementation were found "
      "({}), {:.0f} for every 10,000 scenarios.",
      found, report.power.size(), where, faults_per_10k(report.power, report.power_most));
}

std::string floors_sentence(const Report& report) {
  const auto in = [&](Floor::State state) {
    return std::ranges::count_if(report.floors,
                                 [&](const Floor& floor) { return floor.state() == state; });
  };
  std::string text = fmt::format(
      "{} of {} floors are passed. Below one of them the run fails: what nobody compared must not "
      "look clean.",
      in(Floor::State::passed), report.floors.size());
  if (const auto few = in(Floor::State::too_few); few > 0)
    text += fmt::format(
        " For {} there were too few scenarios to tell; give more --scenarios or --time.", few);
  return text;
}

std::string settings_sentence(const Report& report) {
  const ReportSettings& settings = report.settings;
  std::string text =
      fmt::format("seed {}, profiles {}, ", settings.seed, joined(settings.profiles));
  text += settings.time.empty()
              ? fmt::format("{} scenarios for each subject", grouped(settings.scenarios))
              : fmt::format("{} in all", settings.time);
  if (settings.corpus) text += ", after the corpus";
  if (!settings.deviations.empty()) text += "; deviations from " + settings.deviations;
  if (settings.always_equal) text += "; the checker said equal to everything";
  return text;
}

}  // namespace normdiff
