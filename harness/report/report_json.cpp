#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "harness/findings/findings.hpp"
#include "harness/report/report.hpp"
#include "harness/text/json_fields.hpp"

namespace normdiff {
namespace {

using nlohmann::json;

constexpr int schema = 5;

constexpr auto settings_fields = [](auto& settings, auto visit) {
  visit("seed", settings.seed);
  visit("profiles", settings.profiles);
  visit("scenarios", settings.scenarios);
  visit("time", settings.time);
  visit("corpus", settings.corpus);
  visit("deviations", settings.deviations);
  visit("always_equal", settings.always_equal);
};

constexpr auto deviation_fields = [](auto& deviation, auto visit) {
  visit("id", deviation.id);
  visit("title", deviation.title);
  visit("why", deviation.why);
  visit("standing", deviation.standing);
  visit("docs", deviation.docs);
  visit("upstream", deviation.upstream);
  visit("subjects", deviation.subjects);
  visit("versions", deviation.versions);
  visit("verified_on", deviation.verified_on);
  visit("steps", deviation.steps);
  visit("observations", deviation.observations);
  visit("prediction", deviation.prediction);
  visit("witness", deviation.witness);
  visit("near_miss", deviation.near_miss);
  visit("hits", deviation.hits);
};

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
            {"tally", normdiff::to_json(subject.corpus_tally)}}}};
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
  subject.corpus_tally = tally_from_json(corpus.at("tally"));
  return subject;
}

/// "Not found" is null.
json to_json(const FaultFound& fault) {
  return {{"fault", fault.fault},
          {"found_after", fault.after ? json(*fault.after) : json()},
          {"signature", fault.signature},
          {"profile", fault.profile}};
}

FaultFound fault_from(const json& j) {
  FaultFound fault;
  j.at("fault").get_to(fault.fault);
  if (!j.at("found_after").is_null()) fault.after = j.at("found_after").get<std::uint64_t>();
  j.at("signature").get_to(fault.signature);
  j.at("profile").get_to(fault.profile);
  return fault;
}

json to_json(const Floor& floor) {
  constexpr reference::EnumArray<Floor::State, const char*> states = {"passed", "missed",
                                                                      "too few to tell"};
  return {{"subject", floor.subject},      {"what", floor.what},     {"share", floor.share},
          {"floor", floor.floor},          {"remedy", floor.remedy}, {"scenarios", floor.scenarios},
          {"state", states[floor.state()]}};
}

Floor floor_from(const json& j) {
  return {j.at("subject").get<std::string>(), j.at("what").get<std::string>(),
          j.at("share").get<double>(),        j.at("floor").get<double>(),
          j.at("scenarios").get<double>(),    j.at("remedy").get<std::string>()};
}

template <class T, class F>
json list(const std::vector<T>& values, F&& convert) {
  json array = json::array();
  for (const T& value : values) array.push_back(convert(value));
  return array;
}

json to_json(const Witness& witness) {
  return {{"finding", normdiff::to_json(witness.finding)}, {"replay", witness.replay}};
}

Witness witness_from(const json& j) {
  return {finding_from_json(j.at("finding")), j.at("replay").get<std::string>()};
}

json to_json(const ReportFinding& finding) {
  json j = to_json(finding.first);
  j["others"] = list(finding.others, [](const Witness& other) { return to_json(other); });
  j["hits"] = finding.hits;
  return j;
}

ReportFinding finding_from(const json& j) {
  ReportFinding finding;
  finding.first = witness_from(j);
  for (const json& other : j.at("others")) finding.others.push_back(witness_from(other));
  j.at("hits").get_to(finding.hits);
  return finding;
}

}  // namespace

json to_json(const Report& report) {
  const auto plain = [](const auto& value) { return to_json(value); };
  const auto deviation = [](const Deviation& value) {
    return fields_to_json(value, deviation_fields);
  };
  const auto finding = [](const Finding& value) { return normdiff::to_json(value); };
  return {{"normdiff_report", schema},
          {"normdiff_version", report.normdiff_version},
          {"settings", fields_to_json(report.settings, settings_fields)},
          {"subjects", list(report.subjects, plain)},
          {"findings", list(report.findings, plain)},
          {"harness_errors", list(report.harness_errors, finding)},
          {"unexpected_passes", report.unexpected_passes},
          {"news", report.news},
          {"deviations", list(report.deviations, deviation)},
          {"power", {{"most", report.power_most}, {"faults", list(report.power, plain)}}},
          {"floors", list(report.floors, plain)},
          {"interrupted_by", report.interrupted_by},
          {"failure", report.failure},
          {"conclusion", conclude(report).text}};
}

namespace {

/// No number of a report is below 0 but a step, which is -1 where there is none.
void need_no_negative(const json& j) {
  for (const auto& [key, value] : j.items()) {
    if (value.is_structured()) need_no_negative(value);
    if (value.is_number() && value < 0 && key != "step")
      throw json::other_error::create(600, fmt::format("'{}' is below 0", key), nullptr);
  }
}

}  // namespace

Report report_from_json(const json& j) {
  Report report;
  if (const json& found = j.at("normdiff_report"); found != schema)
    throw json::other_error::create(
        600, fmt::format("it is of schema {}, and {} is read", found.dump(), schema), nullptr);
  need_no_negative(j);
  j.at("normdiff_version").get_to(report.normdiff_version);
  report.settings = fields_from_json<ReportSettings>(j.at("settings"), settings_fields);
  for (const json& subject : j.at("subjects")) report.subjects.push_back(subject_from(subject));
  for (const json& finding : j.at("findings")) report.findings.push_back(finding_from(finding));
  for (const json& error : j.at("harness_errors"))
    report.harness_errors.push_back(finding_from_json(error));
  j.at("unexpected_passes").get_to(report.unexpected_passes);
  j.at("news").get_to(report.news);
  for (const json& deviation : j.at("deviations"))
    report.deviations.push_back(fields_from_json<Deviation>(deviation, deviation_fields));
  j.at("power").at("most").get_to(report.power_most);
  for (const json& fault : j.at("power").at("faults")) report.power.push_back(fault_from(fault));
  for (const json& floor : j.at("floors")) report.floors.push_back(floor_from(floor));
  j.at("interrupted_by").get_to(report.interrupted_by);
  j.at("failure").get_to(report.failure);
  return report;
}

}  // namespace normdiff
