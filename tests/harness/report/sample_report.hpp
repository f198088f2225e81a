#pragma once

#include "harness/report/report.hpp"

namespace normdiff::test {

inline Tally tally_of(ObservationClass observed, Verdict verdict, std::uint64_t n) {
  Tally tally;
  tally.scenarios = 10;
  tally.steps = 100;
  tally.verdicts[observed][verdict] = n;
  return tally;
}

/// Something of everything.
inline Report sample_report() {
  Report report;
  report.normdiff_version = "0.1.0";
  report.settings = {7, {"modes", "numerics"}, 1000, "", true, "", false};
  ReportSubject subject;
  subject.manifest = {"libtorch", "libtorch", "2.13.0", "/opt/libtorch_cpu.so", "AVX2"};
  Tally tally = tally_of(ObservationClass::output, Verdict::within_bound, 1'234'567);
  tally.ratios[ObservationClass::output][DType::float32][Layout::contiguous].exact = 10;
  tally.ratios[ObservationClass::output][DType::float32][Layout::contiguous].buckets[2] = 5;
  tally.ratios[ObservationClass::output][DType::float32][Layout::contiguous].largest = 0.25;
  tally.not_compared["needs b, which was not made"] = 3;
  tally.deviations["root-flag"] = 4;
  tally.signatures["libtorch/forward"] = 9;
  subject.profiles.push_back({"modes", tally});
  subject.not_run = {"export: no exporter"};
  subject.corpus_files = 5;
  subject.corpus_conforming = 4;
  subject.corpus_tally.deviations["root-flag"] = 1;
  report.subjects.push_back(subject);
  Finding finding{"libtorch/forward",
                  "# normdiff-scenario 1\nnet = ReLU()\n",
                  "seed 7, modes, number 3",
                  3,
                  subject.manifest,
                  0,
                  "net = ReLU()",
                  {"libtorch/forward", "libtorch/beside-it"},
                  {"y is 1, expected 2"},
                  "",
                  true};
  const std::string replay = "normdiff check out/findings/a.scenario --subject libtorch@2.13.0";
  report.findings.push_back({{finding, replay}, {}, {{"libtorch@2.13.0", 9}}});
  finding.subject.version = "1.13.1";
  report.findings[0].others.push_back(
      {finding, "normdiff check out/findings/a.scenario --subject libtorch@1.13.1"});
  report.unexpected_passes = {"root-flag.toml: conforms now"};
  Deviation deviation;
  deviation.id = "root-flag";
  deviation.title = "The root's flag is given to all";
  deviation.why = "It is restored recursively.";
  deviation.standing = "derived";
  deviation.subjects = {"libtorch"};
  deviation.witness = "corpus/deviations/root-flag.scenario";
  report.deviations.push_back(deviation);
  report.power = {{"eps-outside-root", 12, "textbook/forward", "numerics"},
                  {"stale-graph", std::nullopt, ""}};
  report.power_most = 500;
  report.floors = {{"libtorch@2.13.0", "output observations compared", 0.5, 0.95, 1e6}};
  return report;
}

}  // namespace normdiff::test
