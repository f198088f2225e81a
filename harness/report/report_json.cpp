#include <nlohmann/json.hpp>

#include "harness/campaign/findings.hpp"
#include "harness/report/report.hpp"

namespace normdiff {
namespace {

using nlohmann::json;

constexpr int schema = 1;

json to_json(const ReportSettings& settings) {
  return {{"seed", settings.seed},           {"profiles", settings.profiles},
          {"scenarios", settings.scenarios}, {"time", settings.time},
          {"corpus", settings.corpus},       {"always_equal", settings.always_equal}};
}

ReportSettings settings_from(const json& j) {
  ReportSettings settings;
  j.at("seed").get_to(settings.seed);
  j.at("profiles").get_to(settings.profiles);
  j.at("scenarios").get_to(settings.scenarios);
  j.at("time").get_to(settings.time);
  j.at("corpus").get_to(settings.corpus);
  j.at("always_equal").get_to(settings.always_equal);
  return settings;
}

json to_json(const ReportSubject& subject) {
  json profiles = json::array();
  for (const ReportProfile& profile : subject.profiles)
    profiles.push_back({{"profile", profile.profile}, {"tally", normdiff::to_json(profile.tally)}});
  return {{"manifest", normdiff::to_json(subject.manifest)},
          {"profiles", profiles},
          {"not_run", subject.not_run},
          {"unusable", subject.unusable},
          {"corpus",
           {{"files", subject.corpus_files},
            {"conforming", subject.corpus_conforming},
            {"skipped", subject.corpus_skipped},
            {"deviations", subject.corpus_deviations}}}};
}

ReportSubject subject_from(const json& j) {
  ReportSubject subject;
  subject.manifest = manifest_from_json(j.at("manifest"));
  for (const json& profile : j.at("profiles"))
    subject.profiles.push_back(
        {profile.at("profile").get<std::string>(), tally_from_json(profile.at("tally"))});
  j.at("not_run").get_to(subject.not_run);
  j.at("unusable").get_to(subject.unusable);
  const json& corpus = j.at("corpus");
  corpus.at("files").get_to(subject.corpus_files);
  corpus.at("conforming").get_to(subject.corpus_conforming);
  corpus.at("skipped").get_to(subject.corpus_skipped);
  corpus.at("deviations").get_to(subject.corpus_deviations);
  return subject;
}

json to_json(const Deviation& deviation) {
  return {{"id", deviation.id},
          {"title", deviation.title},
          {"why", deviation.why},
          {"standing", deviation.standing},
          {"upstream", deviation.upstream},
          {"subjects", deviation.subjects},
          {"versions", deviation.versions},
          {"verified_on", deviation.verified_on},
          {"steps", deviation.steps},
          {"observations", deviation.observations},
          {"prediction", deviation.prediction},
          {"witness", deviation.witness},
          {"near_miss", deviation.near_miss}};
}

Deviation deviation_from(const json& j) {
  Deviation deviation;
  j.at("id").get_to(deviation.id);
  j.at("title").get_to(deviation.title);
  j.at("why").get_to(deviation.why);
  j.at("standing").get_to(deviation.standing);
  j.at("upstream").get_to(deviation.upstream);
  j.at("subjects").get_to(deviation.subjects);
  j.at("versions").get_to(deviation.versions);
  j.at("verified_on").get_to(deviation.verified_on);
  j.at("steps").get_to(deviation.steps);
  j.at("observations").get_to(deviation.observations);
  j.at("prediction").get_to(deviation.prediction);
  j.at("witness").get_to(deviation.witness);
  j.at("near_miss").get_to(deviation.near_miss);
  return deviation;
}

/// "Not found" is null.
json to_json(const FaultFound& fault) {
  return {{"fault", fault.fault},
          {"found_after", fault.after ? json(*fault.after) : json()},
          {"signature", fault.signature}};
}

FaultFound fault_from(const json& j) {
  FaultFound fault;
  j.at("fault").get_to(fault.fault);
  if (!j.at("found_after").is_null()) fault.after = j.at("found_after").get<std::uint64_t>();
  j.at("signature").get_to(fault.signature);
  return fault;
}

json to_json(const Floor& floor) {
  return {{"subject", floor.subject},
          {"what", floor.what},
          {"share", floor.share},
          {"floor", floor.floor},
          {"passed", floor.passed()}};
}

Floor floor_from(const json& j) {
  return {j.at("subject").get<std::string>(), j.at("what").get<std::string>(),
          j.at("share").get<double>(), j.at("floor").get<double>()};
}

json to_json(const ReportFinding& finding) {
  return {{"finding", normdiff::to_json(finding.finding)},
          {"file", finding.file},
          {"hits", finding.hits},
          {"replay", finding.replay_command()}};
}

ReportFinding finding_from(const json& j) {
  return {finding_from_json(j.at("finding")), j.at("file").get<std::string>(),
          j.at("hits").get<std::map<std::string, std::uint64_t>>()};
}

template <class T, class F>
json list(const std::vector<T>& values, F&& convert) {
  json array = json::array();
  for (const T& value : values) array.push_back(convert(value));
  return array;
}

}  // namespace

json to_json(const Report& report) {
  const auto plain = [](const auto& value) { return to_json(value); };
  const auto finding = [](const Finding& value) { return normdiff::to_json(value); };
  return {{"normdiff_report", schema},
          {"normdiff_version", report.normdiff_version},
          {"settings", to_json(report.settings)},
          {"subjects", list(report.subjects, plain)},
          {"findings", list(report.findings, plain)},
          {"harness_errors", list(report.harness_errors, finding)},
          {"unexpected_passes", report.unexpected_passes},
          {"deviations", list(report.deviations, plain)},
          {"power", {{"most", report.power_most}, {"faults", list(report.power, plain)}}},
          {"floors", list(report.floors, plain)},
          {"interrupted", report.interrupted},
          {"failure", report.failure},
          {"conclusion", conclude(report).text}};
}

Report report_from_json(const json& j) {
  Report report;
  if (const int found = j.at("normdiff_report"); found != schema)
    throw json::other_error::create(600, "this is a report of another schema", nullptr);
  j.at("normdiff_version").get_to(report.normdiff_version);
  report.settings = settings_from(j.at("settings"));
  for (const json& subject : j.at("subjects")) report.subjects.push_back(subject_from(subject));
  for (const json& finding : j.at("findings")) report.findings.push_back(finding_from(finding));
  for (const json& error : j.at("harness_errors"))
    report.harness_errors.push_back(finding_from_json(error));
  j.at("unexpected_passes").get_to(report.unexpected_passes);
  for (const json& deviation : j.at("deviations"))
    report.deviations.push_back(deviation_from(deviation));
  j.at("power").at("most").get_to(report.power_most);
  for (const json& fault : j.at("power").at("faults")) report.power.push_back(fault_from(fault));
  for (const json& floor : j.at("floors")) report.floors.push_back(floor_from(floor));
  j.at("interrupted").get_to(report.interrupted);
  j.at("failure").get_to(report.failure);
  return report;
}

}  // namespace normdiff
