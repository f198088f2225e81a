#include "harness/report/report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <set>

#include "harness/findings/findings_log.hpp"
#include "harness/report/judged_sentence.hpp"
#include "harness/report/tables.hpp"

namespace normdiff {

Tally ReportSubject::total() const {
  Tally sum;
  for (const ReportProfile& profile : profiles) sum += profile.tally;
  return sum;
}

namespace {

std::map<std::string, Counts> hits_in(const std::vector<ReportSubject>& subjects,
                                      Counts Tally::*counts) {
  std::map<std::string, Counts> hits;
  for (const ReportSubject& subject : subjects) {
    const std::string id = subject.manifest.id();
    for (const Tally& tally : {subject.total(), subject.corpus_tally})
      for (const auto& [deviation, count] : tally.*counts) hits[deviation][id] += count;
  }
  return hits;
}

}  // namespace

std::map<std::string, Counts> Report::deviation_hits() const {
  return hits_in(subjects, &Tally::deviations);
}

std::map<std::string, Counts> Report::hits_elsewhere() const {
  return hits_in(subjects, &Tally::known_elsewhere);
}

namespace {

/// "3 findings", "1 finding".
std::string counted(std::size_t n, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", n, n == 1 ? one : many);
}

}  // namespace

Conclusion conclude(const Report& report) {
  Tally all;
  std::uint64_t files = 0;
  std::vector<std::string> unusable;
  std::size_t failed_floors = 0;
  std::size_t open_floors = 0;
  std::size_t unconfirmed = 0;
  for (const ReportSubject& subject : report.subjects) {
    all += subject.total();
    const std::uint64_t scenarios = all.scenarios;
    all += subject.corpus_tally;
    all.scenarios = scenarios;  // those of the corpus are counted as replays
    files += subject.corpus_files;
    if (!subject.unusable.empty()) unusable.push_back(subject.manifest.id());
  }
  for (const Floor& floor : report.floors) {
    if (floor.state() == Floor::State::missed) ++failed_floors;
    if (floor.state() == Floor::State::too_few) ++open_floors;
  }
  // One signature is one discrepancy; a finding may show several.
  std::set<std::string> discrepancies;
  const auto shows = [&](const Finding& finding) {
    discrepancies.insert(finding.signature);
    discrepancies.insert(finding.signatures.begin(), finding.signatures.end());
  };
  for (const ReportFinding& finding : report.findings) {
    if (!finding.first.finding.confirmed) ++unconfirmed;
    shows(finding.first.finding);
    for (const Witness& other : finding.others) shows(other.finding);
  }

  Conclusion conclusion;
  std::string word = "conforms";
  if (!report.findings.empty() || !report.unexpected_passes.empty() || failed_floors > 0) {
    conclusion.exit_code = 1;
    word = report.findings.empty() ? "does not pass" : "does not conform";
  }
  if (!unusable.empty()) {
    conclusion.exit_code = 2;
    if (word == "conforms") word = "conforms where it was tried";
    word += fmt::format(", and {} could not be used", fmt::join(unusable, ", "));
  }
  if (!report.harness_errors.empty() || !report.failure.empty()) {
    conclusion.exit_code = 2;
    word = "the harness failed";
  }
  if (report.interrupted_by > 0) {
    if (conclusion.exit_code == 0) word = "conforms so far";
    word += " (interrupted)";
    conclusion.exit_code = 128 + report.interrupted_by;
  }
  conclusion.text = fmt::format(
      "{}: {}, {} scenarios and {} corpus replays; {}; {} in {} ({} unconfirmed), {}, {}", word,
      counted(report.subjects.size(), "subject", "subjects"), grouped(all.scenarios),
      grouped(files), judged_sentence(all),
      counted(discrepancies.size(), "new discrepancy", "new discrepancies"),
      counted(report.findings.size(), "finding", "findings"), unconfirmed,
      counted(report.deviation_hits().size(), "known deviation", "known deviations"),
      counted(report.unexpected_passes.size(), "unexpected pass", "unexpected passes"));
  if (const std::size_t elsewhere = report.hits_elsewhere().size(); elsewhere > 0)
    conclusion.text += fmt::format(", {} known on other versions only", elsewhere);
  if (failed_floors > 0)
    conclusion.text += fmt::format(", {}", counted(failed_floors, "floor missed", "floors missed"));
  if (open_floors > 0)
    conclusion.text +=
        fmt::format(", too few scenarios to tell for {}", counted(open_floors, "floor", "floors"));
  if (const std::size_t errors = report.harness_errors.size(); errors > 0)
    conclusion.text += fmt::format(", {}", counted(errors, "harness error", "harness errors"));
  return conclusion;
}

std::optional<std::string> write_report(const Report& report, const std::filesystem::path& out) {
  const std::string json =
      to_json(report).dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  if (auto failed = write_file(out / "report.json", json)) return failed;
  return write_pages(report, out);
}

std::optional<std::string> write_pages(const Report& report, const std::filesystem::path& out) {
  if (auto failed = write_file(out / "report.md", render_markdown(report))) return failed;
  return write_file(out / "report.html", render_html(report));
}

}  // namespace normdiff
