#include "harness/findings/findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <iterator>
#include <system_error>
#include <tuple>

#include "harness/scenario/text/text.hpp"
#include "harness/trace/json.hpp"

namespace normdiff {
namespace {

constexpr std::size_t most_details = 12;

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
  return kind == FindingKind::harness_error ? judged.verdict == Verdict::harness_error
                                            : is_new_discrepancy(judged.verdict);
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
  const Key key = Key::unpack(packed);
  if (failed != std::errc() || end != value.data() + value.size() || key.packed() != packed ||
      key.name >= scenario.names.size() || key.name >= scope.size() ||
      key.place >= scope[key.name].places.size())
    return value;
  return "the module at " + place_text(scenario, scope, key);
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

std::string Finding::headline() const {
  const auto named = std::find(signatures.begin(), signatures.end(), signature);
  const auto at = static_cast<std::size_t>(named - signatures.begin());
  if (named != signatures.end() && at < details.size()) return details[at];
  return details.empty() ? signature : details.front();
}

bool name_by_new(Finding& finding, Signatures& seen) {
  const auto first =
      std::find_if(finding.signatures.begin(), finding.signatures.end(),
                   [&](const std::string& signature) { return seen.count(signature) == 0; });
  if (first == finding.signatures.end()) return false;
  finding.signature = *first;
  seen.insert(finding.signatures.begin(), finding.signatures.end());
  return true;
}

namespace {

/// A step's discrepancies by signature, causes first.
using BySignature = std::vector<std::pair<std::string, std::vector<const Judged*>>>;
BySignature by_signature(const Scenario& scenario, const Manifest& subject,
                         std::vector<const Judged*>& all) {
  std::stable_sort(all.begin(), all.end(), [](const Judged* a, const Judged* b) {
    return rank(a->observed_class) < rank(b->observed_class);
  });
  BySignature groups;
  for (const Judged* one : all) {
    std::string name = signature(subject, scenario, *one);
    const auto known = std::find_if(groups.begin(), groups.end(),
                                    [&](const auto& group) { return group.first == name; });
    if (known == groups.end())
      groups.emplace_back(std::move(name), std::vector<const Judged*>{one});
    else
      known->second.push_back(one);
  }
  return groups;
}

std::vector<std::string> details_of(const Scenario& scenario, const Scope& scope,
                                    const BySignature& groups) {
  std::vector<std::string> details;
  std::size_t hidden = 0;
  for (const auto& [name, all] : groups) details.push_back(describe(scenario, scope, *all.front()));
  for (const auto& [name, all] : groups)
    for (std::size_t i = 1; i < all.size(); ++i) {
      if (details.size() < most_details)
        details.push_back(describe(scenario, scope, *all[i]));
      else
        ++hidden;
    }
  if (hidden > 0) details.push_back(fmt::format("and {} more", hidden));
  return details;
}

}  // namespace

std::vector<Finding> findings_of(const Scenario& scenario, const Scope& scope,
                                 const Manifest& subject, const CheckResult& checked,
                                 FindingKind kind, Signatures* seen) {
  std::vector<Finding> findings;
  const std::vector<Judged>& judged = checked.judged;
  std::vector<const Judged*> all;
  for (std::size_t begin = 0; begin < judged.size();) {
    std::size_t end = begin;
    all.clear();
    for (; end < judged.size() && judged[end].step == judged[begin].step; ++end)
      if (wanted(judged[end], kind)) all.push_back(&judged[end]);
    const int step = judged[begin].step;
    begin = end;
    if (all.empty()) continue;
    const BySignature groups = by_signature(scenario, subject, all);
    Finding finding;
    for (const auto& group : groups) finding.signatures.push_back(group.first);
    finding.signature = finding.signatures.front();
    // A subject may show the same at every step: nothing is put in words before it is known to be
    // needed.
    if (seen && !name_by_new(finding, *seen)) continue;
    finding.details = details_of(scenario, scope, groups);
    finding.subject = subject;
    finding.step = step;
    if (static_cast<std::size_t>(step) < scenario.statements.size())
      finding.statement = print(scenario, scenario.statements[static_cast<std::size_t>(step)].step);
    findings.push_back(std::move(finding));
  }
  return findings;
}

void keep_new(std::vector<Finding>& kept, Finding&& finding) {
  Signatures seen;
  for (const Finding& other : kept) seen.insert(other.signatures.begin(), other.signatures.end());
  if (name_by_new(finding, seen)) kept.push_back(std::move(finding));
}

namespace {

/// The steps of both that are the first to show something. A step that is so in the whole is so in
/// its part: nothing that is needed was left out of a part, in whatever order they are added.
void merge(std::vector<Finding>& sum, std::vector<Finding>&& part) {
  if (part.empty()) return;
  std::move(part.begin(), part.end(), std::back_inserter(sum));
  std::sort(sum.begin(), sum.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.number, a.step, a.signatures) < std::tie(b.number, b.step, b.signatures);
  });
  Signatures seen;
  std::vector<Finding> kept;
  for (Finding& finding : sum)
    if (name_by_new(finding, seen)) kept.push_back(std::move(finding));
  sum = std::move(kept);
}

}  // namespace

void add(RangeResult& sum, RangeResult&& part) {
  sum.done += part.done;
  sum.tally += part.tally;
  merge(sum.findings, std::move(part.findings));
  merge(sum.harness_errors, std::move(part.harness_errors));
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

namespace {

/// One word for a POSIX shell.
std::string quoted(std::string word) {
  constexpr std::string_view plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-";
  if (word.substr(0, 1) == "-") word.insert(0, "./");  // a path, and no option
  if (!word.empty() && word.find_first_not_of(plain) == word.npos) return word;
  std::string text = "'";
  for (const char c : word) c == '\'' ? text += "'\\''" : text += c;
  return text + "'";
}

}  // namespace

std::string replay_command(std::string_view file, std::string_view subject,
                           std::string_view deviations) {
  std::string command = fmt::format("normdiff check {} --subject {}", quoted(std::string(file)),
                                    quoted(std::string(subject)));
  if (!deviations.empty()) command += " --deviations " + quoted(std::string(deviations));
  return command;
}

std::string origin_of(const SeedRange& range, std::uint64_t number) {
  return fmt::format("seed {}, {}, number {}", range.seed, to_string(range.profile), number);
}

}  // namespace normdiff
