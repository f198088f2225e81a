#include <nlohmann/json.hpp>

#include "harness/findings/findings.hpp"
#include "harness/text/json_fields.hpp"

namespace normdiff {
namespace {

constexpr auto manifest_fields = [](auto& manifest, auto visit) {
  visit("subject", manifest.subject);
  visit("family", manifest.family);
  visit("version", manifest.version);
  visit("path", manifest.path);
  visit("cpu_capability", manifest.cpu_capability);
};
/// A trace from elsewhere need not have these.
constexpr auto optional_manifest_fields = [](auto& manifest, auto visit) {
  visit("kernels", manifest.kernels);
  visit("facts", manifest.facts);
};

/// But for the subject.
constexpr auto finding_fields = [](auto& finding, auto visit) {
  visit("signature", finding.signature);
  visit("scenario", finding.scenario);
  visit("origin", finding.origin);
  visit("number", finding.number);
  visit("step", finding.step);
  visit("statement", finding.statement);
  visit("signatures", finding.signatures);
  visit("details", finding.details);
  visit("deviation", finding.deviation);
  visit("confirmed", finding.confirmed);
};

}  // namespace

nlohmann::json to_json(const Manifest& manifest) {
  nlohmann::json json = fields_to_json(manifest, manifest_fields);
  json.update(fields_to_json(manifest, optional_manifest_fields));
  return json;
}

Manifest manifest_from_json(const nlohmann::json& json) {
  auto manifest = fields_from_json<Manifest>(json, manifest_fields);
  // Before a manifest had kernels, these families were held to LibTorch's. No other can be: a
  // header that says so was written for another subject and changed.
  const bool has_libtorch = manifest.family == "libtorch" || manifest.family == "python";
  if (has_libtorch) manifest.kernels = reference::Kernels::libtorch_cpu;
  optional_manifest_fields(manifest, [&]<class Member>(const char* name, Member& member) {
    if (json.contains(name)) field_from_json(json, name, member);
  });
  if (!has_libtorch && manifest.kernels == reference::Kernels::libtorch_cpu)
    manifest.kernels = reference::Kernels::stable;
  return manifest;
}

nlohmann::json to_json(const Finding& finding) {
  nlohmann::json json = fields_to_json(finding, finding_fields);
  json["subject"] = to_json(finding.subject);
  return json;
}

Finding finding_from_json(const nlohmann::json& json) {
  auto finding = fields_from_json<Finding>(json, finding_fields);
  finding.subject = manifest_from_json(json.at("subject"));
  return finding;
}

namespace {

nlohmann::json to_json(const std::vector<Finding>& findings) {
  nlohmann::json list = nlohmann::json::array();
  for (const Finding& finding : findings) list.push_back(normdiff::to_json(finding));
  return list;
}

std::vector<Finding> findings_from_json(const nlohmann::json& json) {
  std::vector<Finding> findings;
  for (const nlohmann::json& finding : json) findings.push_back(finding_from_json(finding));
  return findings;
}

}  // namespace

nlohmann::json to_json(const RangeResult& result) {
  return {{"done", result.done},
          {"tally", to_json(result.tally)},
          {"findings", to_json(result.findings)},
          {"harness_errors", to_json(result.harness_errors)},
          {"disturbed", result.disturbed}};
}

RangeResult range_result_from_json(const nlohmann::json& json) {
  RangeResult result;
  json.at("done").get_to(result.done);
  result.tally = tally_from_json(json.at("tally"));
  result.findings = findings_from_json(json.at("findings"));
  result.harness_errors = findings_from_json(json.at("harness_errors"));
  json.at("disturbed").get_to(result.disturbed);
  return result;
}

}  // namespace normdiff
