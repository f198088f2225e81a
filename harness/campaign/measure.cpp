#include "harness/campaign/measure.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/text/version.hpp"

namespace normdiff {
namespace {

/// The file is evidence of a deviation of this family.
bool is_evidence(const CorpusFile& file, const std::string& family, const Deviations& deviations) {
  return std::ranges::any_of(deviations.list(), [&](const Deviation& deviation) {
    return std::ranges::find(deviation.subjects, family) != deviation.subjects.end() &&
           (deviation.witness == file.name || deviation.near_miss == file.name);
  });
}

}  // namespace

std::variant<Measurement, std::string> measure(HostLink& host, const Deviations& deviations,
                                               const std::vector<CorpusFile>& corpus) {
  auto introduced = host.manifest();
  if (const auto* failure = std::get_if<HostFailure>(&introduced)) return failure->text;
  Measurement measurement{std::get<Manifest>(std::move(introduced)), {}};
  for (const CorpusFile& file : corpus) {
    if (!is_evidence(file, measurement.subject.family, deviations)) continue;
    auto replayed =
        replay(host, measurement.subject, file.scenario, deviations, CheckOptions(), file.path);
    if (const auto* failure = std::get_if<HostFailure>(&replayed))
      return fmt::format("{} was not run to its end: {}", file.path, failure->text);
    measurement.files.emplace(
        file.name, Measurement::Ran{file.scenario, std::get<Replayed>(std::move(replayed))});
  }
  return measurement;
}

FileJudgement judge(Measurement& measurement, const std::string& file,
                    const Deviations& deviations) {
  auto& [scenario, replayed] = measurement.files.at(file);
  CheckOptions options;
  options.keep_everything = true;
  check_trace(measurement.subject, scenario, deviations, options, file, replayed);
  FileJudgement judgement;
  for (const Judged& judged : replayed.checked.judged)
    if (!judged.deviation.empty()) ++judgement.hits[judged.deviation];
  for (const auto* findings : {&replayed.findings, &replayed.harness_errors})
    if (!findings->empty() && judgement.unpredicted.empty())
      judgement.unpredicted = findings->front().headline();
  return judgement;
}

Judgement judge(Measurement& measurement, const Deviations& deviations) {
  Judgement judgement;
  for (const auto& entry : measurement.files) {
    FileJudgement file = judge(measurement, entry.first, deviations);
    judgement.seen[entry.first] = std::move(file.hits);
    if (!file.unpredicted.empty())
      judgement.unpredicted.emplace(entry.first, std::move(file.unpredicted));
  }
  return judgement;
}

Deviations with_unmeasured(const Deviations& deviations, const Manifest& subject) {
  std::vector<Deviation> list = deviations.list();
  const auto version = parse_version(subject.version);
  for (Deviation& deviation : list) {
    std::erase(deviation.verified_on, subject.family + "@" + subject.version);
    if (version)
      deviation.versions = range_without(deviation.versions, {*version, next_after(*version)})
                               .value_or(">" + subject.version);
  }
  return Deviations(std::move(list));
}

}  // namespace normdiff
