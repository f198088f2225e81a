#include "harness/report/build.hpp"

#include <algorithm>

#include "harness/campaign/findings.hpp"
#include "harness/campaign/findings_log.hpp"

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

/// One entry for each signature; the first subject that shows it gives the witness.
void add_finding(Report& report, const Finding& finding, const std::string& file) {
  const bool twice = std::any_of(
      report.findings.begin(), report.findings.end(),
      [&](const ReportFinding& other) { return other.finding.signature == finding.signature; });
  if (!twice) report.findings.push_back({finding, file, {}});
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
        keep_first(report.harness_errors, Finding(error));
    if (!replayed) continue;
    for (const Finding& error : replayed->harness_errors)
      keep_first(report.harness_errors, Finding(error));
    for (const Finding& finding : replayed->findings) add_finding(report, finding, finding.origin);
    for (const std::string& pass : replayed->unexpected_passes)
      if (std::find(report.unexpected_passes.begin(), report.unexpected_passes.end(), pass) ==
          report.unexpected_passes.end())
        report.unexpected_passes.push_back(pass);
  }
  for (const Finding& finding : campaign.findings)
    add_finding(report, finding, folder + "/" + scenario_file(finding));
  for (ReportFinding& finding : report.findings)
    for (std::size_t s = 0; s < report.subjects.size(); ++s) {
      std::uint64_t hits = 0;
      Tally total = report.subjects[s].total();
      if (s < corpus.size()) total += corpus[s].tally;
      if (const auto found = total.signatures.find(finding.finding.signature);
          found != total.signatures.end())
        hits += found->second;
      if (hits > 0) finding.hits[report.subjects[s].manifest.id()] = hits;
    }
  report.deviations = deviations.list();
  report.power = power;
  report.power_most = power_most;
  report.floors = floors_of(report.subjects);
  report.interrupted = campaign.interrupted;
  report.failure = campaign.failure;
  return report;
}

}  // namespace normdiff
