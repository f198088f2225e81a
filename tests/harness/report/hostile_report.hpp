#pragma once

#include <string>

#include "tests/harness/report/sample_report.hpp"

namespace normdiff::test {

inline constexpr const char* hostile = "<script>alert('x')</script>\"><img src=x onerror=y>&amp;";

/// Hostile text wherever a scenario, a subject, a file or a person can put one.
inline Report hostile_report() {
  Report report = sample_report();
  report.normdiff_version = hostile;
  report.settings.profiles = {hostile};
  report.failure = hostile;
  report.unexpected_passes = {hostile};
  ReportSubject& subject = report.subjects[0];
  subject.manifest = {hostile, hostile, hostile, hostile, hostile};
  subject.unusable = hostile;
  subject.not_run = {hostile};
  subject.profiles[0].tally.not_compared[hostile] = 1;
  subject.profiles[0].tally.deviations[hostile] = 1;
  Finding& finding = report.findings[0].first.finding;
  finding = {hostile,          hostile, hostile, 1,
             subject.manifest, 0,       hostile, {hostile, "b" + std::string(hostile)},
             {hostile},        hostile, false};
  report.findings[0].first.replay = hostile;
  report.findings[0].others[0] = report.findings[0].first;
  report.findings[0].hits = {{hostile, 1}};
  report.harness_errors.push_back(finding);
  report.floors[0].subject = report.floors[0].what = report.floors[0].remedy = hostile;
  report.power[0] = {hostile, 1, hostile, hostile};
  Deviation& d = report.deviations[0];
  d.id = d.title = d.why = d.standing = d.versions = d.witness = hostile;
  d.upstream = d.subjects = {hostile};
  return report;
}

}  // namespace normdiff::test
