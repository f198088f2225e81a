#include "harness/campaign/findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <nlohmann/json.hpp>
#include <system_error>

#include "harness/json_fields.hpp"
#include "harness/scenario/text.hpp"
#include "harness/trace/json.hpp"

namespace normdiff {
namespace {

constexpr std::size_t most_details = 12;

constexpr auto manifest_fields = [](auto& manifest, auto visit) {
  visit("subject", manifest.subject);
  visit("family", manifest.family);
  visit("version", manifest.version);
  visit("path", manifest.path);
  visit("cpu_capability", manifest.cpu_capability);
};

/// But for the subject.
constexpr auto finding_fields = [](auto& finding, auto visit) {
  visit("signature", finding.signature);
  visit("scenario", finding.scenario);
  visit("origin", finding.origin);
  visit("number", finding.number);
  visit("step", finding.step);
  visit("statement", finding.statement);
  visit("details", finding.details);
  visit("deviation", finding.deviation);
  visit("confirmed", finding.confirmed);
};

/// The order in which discrepancies of one step name the finding: causes before consequences.
int rank(ObservationClass observed) {
  constexpr std::array order = {ObservationClass::error,     ObservationClass::flag,
                                ObservationClass::option,    ObservationClass::counter,
                                ObservationClass::statistic, ObservationClass::sharing,
                                ObservationClass::parameter, ObservationClass::output,
                                ObservationClass::gradient,  ObservationClass::artefact};
  return static_cast<int>(std::find(order.begin(), order.end(), observed) - order.begin());
}

bool wanted(const Judged& judged, FindingKind kind) {
  return kind == FindingKind::harness_error
             ? judged.verdict == Verdict::harness_error
             : judged.verdict != Verdict::harness_error && is_new_discrepancy(judged.verdict);
}

/// "net.second", of any key of a module.
std::string place_text(const Scenario& scenario, const Scope& scope, Key key) {
  key.slot = Slot::identity;
  const std::string text = print(scenario, scope, key);
  return text.substr(0, text.rfind('.'));
}

/// An identity is the key of the first place with the same module: "the module at net.first".
std::string identity_text(const Scenario& scenario, const Scope& scope, const std::string& value) {
  std::uint64_t packed = 0;
  const auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), packed);
  const std::uint64_t name = packed >> 24;
  const std::uint64_t place = (packed >> 8) & 0xFFFF;
  if (failed != std::errc() || end != value.data() + value.size() ||
      name >= scenario.names.size() || name >= scope.size() ||
      place >= scope[static_cast<NameId>(name)].places.size())
    return value;
  return "the module at " +
         place_text(scenario, scope,
                    {static_cast<NameId>(name), static_cast<std::uint16_t>(place), Slot::identity});
}

std::uint64_t hash(std::string_view text) {
  std::uint64_t h = 14695981039346656037ULL;  // FNV-1a
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return h;
}

}  // namespace

namespace {

std::string in_words(const Scenario& scenario, const Scope& scope, const Judged& judged) {
  if (judged.verdict == Verdict::harness_error)
    return fmt::format("harness error: {}{}{}", judged.observed,
                       judged.expected.empty() ? "" : ", expected ", judged.expected);
  if (judged.observed_class == ObservationClass::error)
    return fmt::format("the step: {}, expected {}", judged.observed, judged.expected);
  if (judged.key.slot == Slot::identity)
    return fmt::format("{} is {}, expected {}", place_text(scenario, scope, judged.key),
                       identity_text(scenario, scope, judged.observed),
                       identity_text(scenario, scope, judged.expected));
  std::string line = fmt::format("{} is {}, expected {}", print(scenario, scope, judged.key),
                                 judged.observed, judged.expected);
  if (judged.ratio > 0) line += fmt::format(" (error {:.3g} times the bound)", judged.ratio);
  return line;
}

}  // namespace

std::string describe(const Scenario& scenario, const Scope& scope, const Judged& judged) {
  std::string line = in_words(scenario, scope, judged);
  // An exception's text may have many lines; a detail is one.
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return line;
}

std::vector<Finding> findings_of(const Scenario& scenario, const Scope& scope,
                                 const Manifest& subject, const CheckResult& checked,
                                 FindingKind kind) {
  std::vector<Finding> findings;
  const std::vector<Judged>& judged = checked.judged;
  for (std::size_t begin = 0; begin < judged.size();) {
    std::size_t end = begin;
    const Judged* first = nullptr;
    std::vector<const Judged*> all;
    for (; end < judged.size() && judged[end].step == judged[begin].step; ++end) {
      if (!wanted(judged[end], kind)) continue;
      all.push_back(&judged[end]);
      if (!first || rank(judged[end].observed_class) < rank(first->observed_class))
        first = &judged[end];
    }
    if (first) {
      std::stable_sort(all.begin(), all.end(), [](const Judged* a, const Judged* b) {
        return rank(a->observed_class) < rank(b->observed_class);
      });
      Finding& finding = findings.emplace_back();
      finding.signature = signature(subject, scenario, *first);
      finding.subject = subject;
      finding.step = first->step;
      if (static_cast<std::size_t>(first->step) < scenario.statements.size())
        finding.statement =
            print(scenario, scenario.statements[static_cast<std::size_t>(first->step)].step);
      for (const Judged* one : all) {
        if (finding.details.size() == most_details) {
          finding.details.push_back(fmt::format("and {} more", all.size() - most_details));
          break;
        }
        finding.details.push_back(describe(scenario, scope, *one));
      }
    }
    begin = end;
  }
  return findings;
}

void keep_first(std::vector<Finding>& kept, Finding&& finding) {
  const auto same = std::find_if(kept.begin(), kept.end(), [&](const Finding& other) {
    return other.signature == finding.signature;
  });
  if (same == kept.end()) {
    kept.push_back(std::move(finding));
  } else if (finding.number < same->number) {
    *same = std::move(finding);
  }
}

void add(RangeResult& sum, RangeResult&& part) {
  sum.done += part.done;
  sum.tally += part.tally;
  for (Finding& finding : part.findings) keep_first(sum.findings, std::move(finding));
  for (Finding& error : part.harness_errors) keep_first(sum.harness_errors, std::move(error));
}

std::string file_stem(const Finding& finding) {
  constexpr std::size_t longest = 60;
  const auto append = [](std::string& stem, std::string_view text) {
    for (const char c : text) {
      const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0;
      if (plain) stem += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      if (!plain && !stem.empty() && stem.back() != '-') stem += '-';
    }
  };
  std::string stem;
  append(stem, finding.signature);
  if (stem.size() > longest) stem.resize(longest);
  while (!stem.empty() && stem.back() == '-') stem.pop_back();
  // Two signatures may read alike once they are file names.
  return fmt::format("{}-{:08x}", stem,
                     static_cast<std::uint32_t>(hash(finding.signature + finding.origin)));
}

std::string origin_of(const Range& range, std::uint64_t number) {
  return fmt::format("seed {}, {}, number {}", range.seed, to_string(range.profile), number);
}

nlohmann::json to_json(const Manifest& manifest) {
  return fields_to_json(manifest, manifest_fields);
}

Manifest manifest_from_json(const nlohmann::json& json) {
  return fields_from_json<Manifest>(json, manifest_fields);
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
          {"harness_errors", to_json(result.harness_errors)}};
}

RangeResult range_result_from_json(const nlohmann::json& json) {
  RangeResult result;
  json.at("done").get_to(result.done);
  result.tally = tally_from_json(json.at("tally"));
  result.findings = findings_from_json(json.at("findings"));
  result.harness_errors = findings_from_json(json.at("harness_errors"));
  return result;
}

}  // namespace normdiff
