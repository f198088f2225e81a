#include "harness/report/build.hpp"

#include <algorithm>
#include <iterator>

#include "harness/findings/findings.hpp"
#include "harness/findings/findings_log.hpp"

namespace normdiff {
namespace {

ReportSubject subject_of(const SubjectResult& campaign, const CorpusResult* corpus) {
  ReportSubject subject;
  subject.manifest = campaign.manifest;
  if (subject.manifest.subject.empty()) {  // it never said what it is
    subject.manifest.subject = campaign.found.id.substr(0, campaign.found.id.find('@'));
    subject.manifest.family = campaign.found.family;
    subject.manifest.version = campaign.found.version;
    subject.manifest.path = campaign.found.path;
  }
  for (const ProfileResult& profile : campaign.profiles)
    subject.profiles.push_back({std::string(to_string(profile.profile)), profile.result.tally});
  subject.not_run = campaign.not_run;
  subject.unusable = campaign.unusable;
  if (!corpus) return subject;
  subject.corpus_files = corpus->files;
  subject.corpus_conforming = corpus->conforming;
  subject.corpus_skipped = corpus->skipped;
  subject.corpus_tally = corpus->tally;
  if (subject.unusable.empty()) subject.unusable = corpus->unusable;
  return subject;
}

/// One finding for each name, one witness for each subject in it; a confirmed one takes the place
/// of one that is not.
void add_finding(std::vector<ReportFinding>& findings, const Finding& finding,
                 const std::string& file, const std::string& deviations) {
  Witness witness{finding, replay_command(file, finding.subject.id(), deviations)};
  const auto same = std::find_if(findings.begin(), findings.end(), [&](const ReportFinding& other) {
    return other.first.finding.signature == finding.signature;
  });
  if (same == findings.end()) {
    findings.push_back({std::move(witness), {}, {}});
    return;
  }
  std::vector<Witness> all = std::move(same->others);
  all.insert(all.begin(), std::move(same->first));
  const auto there = std::find_if(all.begin(), all.end(), [&](const Witness& other) {
    return other.finding.subject.id() == finding.subject.id();
  });
  if (there == all.end())
    all.push_back(std::move(witness));
  else if (finding.confirmed && !there->finding.confirmed)
    *there = std::move(witness);
  std::stable_partition(all.begin(), all.end(),
                        [](const Witness& other) { return other.finding.confirmed; });
  same->first = std::move(all.front());
  same->others.assign(std::make_move_iterator(all.begin() + 1), std::make_move_iterator(all.end()));
}

}  // namespace

Report build_report(const ReportSettings& settings, const CampaignResult& campaign,
                    const std::vector<CorpusResult>& corpus, const std::vector<FaultFound>& power,
                    std::uint64_t power_most, const Deviations& deviations,
                    const std::string& folder) {
  Report report;
  report.normdiff_version = NORMDIFF_VERSION;
  report.settings = settings;
  for (std::size_t s = 0; s < campaign.subjects.size(); ++s) {
    const CorpusResult* replayed = s < corpus.size() ? &corpus[s] : nullptr;
    report.subjects.push_back(subject_of(campaign.subjects[s], replayed));
    for (const ProfileResult& profile : campaign.subjects[s].profiles)
      for (const Finding& error : profile.result.harness_errors)
        keep_new(report.harness_errors, Finding(error));
    if (!replayed) continue;
    for (const Finding& error : replayed->harness_errors)
      keep_new(report.harness_errors, Finding(error));
    for (const Finding& finding : replayed->findings)
      add_finding(report.findings, finding, finding.origin, settings.deviations);
    report.news.insert(report.news.end(), replayed->news.begin(), replayed->news.end());
    for (const std::string& pass : replayed->unexpected_passes)
      if (std::find(report.unexpected_passes.begin(), report.unexpected_passes.end(), pass) ==
          report.unexpected_passes.end())
        report.unexpected_passes.push_back(pass);
  }
  for (const Finding& finding : campaign.findings)
    add_finding(report.findings, finding, folder + "/" + scenario_file(finding),
                settings.deviations);
  for (ReportFinding& finding : report.findings)
    for (std::size_t s = 0; s < report.subjects.size(); ++s) {
      std::uint64_t hits = 0;
      Tally total = report.subjects[s].total();
      total += report.subjects[s].corpus_tally;
      if (const auto found = total.signatures.find(finding.first.finding.signature);
          found != total.signatures.end())
        hits += found->second;
      if (hits > 0) finding.hits[report.subjects[s].manifest.id()] = hits;
    }
  report.deviations = deviations.list();
  report.power = power;
  report.power_most = power_most;
  report.interrupted_by = campaign.interrupted_by;
  if (report.interrupted_by == 0) report.floors = floors_of(report.subjects);
  std::ranges::stable_partition(
      report.subjects, [](const ReportSubject& subject) { return !subject.unusable.empty(); });
  report.failure = campaign.failure;
  return report;
}

}  // namespace normdiff
