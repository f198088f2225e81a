#include "harness/triage/deviations.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

#include "harness/subject/support.hpp"
#include "harness/text/utf8.hpp"
#include "harness/text/version.hpp"
#include "harness/triage/deviation_files.hpp"
#include "harness/triage/predictions/predictions.hpp"

namespace normdiff {
namespace {

/// toml++ bounds how deep values nest, not how deep dotted keys do, and frees both by recursion.
constexpr int most_dots = 40;

/// The first line with too many dots for a key or for prose, or 0.
int line_of_deep_key(std::string_view text) {
  int line = 1;
  int dots = 0;
  for (const char c : text) {
    if (c == '\n') {
      ++line;
      dots = 0;
    } else if (c == '.' && ++dots > most_dots) {
      return line;
    }
  }
  return 0;
}

constexpr std::array<std::string_view, 16> known_keys = {
    "id",       "title",     "why",         "standing", "docs",         "upstream",
    "subjects", "versions",  "verified_on", "steps",    "observations", "prediction",
    "witness",  "near_miss", "hits",        "note"};

constexpr std::size_t longest_shown = 80;
constexpr std::string_view docs_site = "https://docs.pytorch.org/";

/// "libtorch@2.13.0" as its family and its version.
std::pair<std::string_view, std::string_view> parts_of(std::string_view subject) {
  const std::size_t at = std::min(subject.find('@'), subject.size());
  return {subject.substr(0, at), subject.substr(std::min(at + 1, subject.size()))};
}

/// The problem of `verified_on`: nothing is claimed of a family, or of a range of versions, of
/// which none was run.
std::string error_in_verified_on(const Deviation& d) {
  for (const std::string& subject : d.verified_on) {
    const auto [family, version] = parts_of(subject);
    if (!parse_version(version))
      return fmt::format(
          "'verified_on' has '{}'; write family and version, like \"libtorch@2.13.0\"", subject);
    if (std::find(d.subjects.begin(), d.subjects.end(), family) == d.subjects.end())
      return fmt::format("'verified_on' has '{}', but 'subjects' has no {}; correct either",
                         subject, family);
    if (!in_range(version, d.versions))
      return fmt::format("'verified_on' has '{}', which is not in '{}'; correct either", subject,
                         d.versions);
  }
  const auto verified = [&d](const auto& wanted) {
    return std::any_of(d.verified_on.begin(), d.verified_on.end(),
                       [&wanted](const std::string& subject) { return wanted(parts_of(subject)); });
  };
  for (const std::string& family : d.subjects)
    if (!verified([&family](const auto& parts) { return parts.first == family; }))
      return fmt::format("'verified_on' has no {}; run the witness there, or correct 'subjects'",
                         family);
  for (const std::string_view range : version_alternatives(d.versions))
    if (!verified([range](const auto& parts) { return in_range(parts.second, range); }))
      return fmt::format(
          "'verified_on' has nothing in '{}'; run the witness there, or correct "
          "'versions'",
          range);
  return {};
}

/// Reads `hits`; what is wrong with it, or nothing.
std::string error_in_hits(const toml::table* hits, Deviation& d) {
  for (const std::string& family : d.subjects) {
    const auto n = hits ? (*hits)[family].value_or(std::int64_t{0}) : std::int64_t{0};
    if (n < 1)
      return fmt::format(
          "'hits' must have the number of observations of its witness that it explains on each of "
          "'subjects', like {{ {} = 3 }}; normdiff check shows them",
          family);
    d.hits[family] = static_cast<std::uint64_t>(n);
  }
  if (hits->size() != d.hits.size()) return "'hits' has more than 'subjects'; correct either";
  return {};
}

/// Reads what is text, and lists of text; what is wrong with them, or nothing.
std::string error_in_texts(const toml::table& table, Deviation& d) {
  for (auto& [key, field] :
       std::initializer_list<std::pair<const char*, std::string*>>{{"id", &d.id},
                                                                   {"title", &d.title},
                                                                   {"why", &d.why},
                                                                   {"standing", &d.standing},
                                                                   {"versions", &d.versions},
                                                                   {"prediction", &d.prediction},
                                                                   {"witness", &d.witness},
                                                                   {"near_miss", &d.near_miss}}) {
    const auto value = table[key].value<std::string>();
    if (!value || value->empty())
      return fmt::format("'{}' is missing, empty or no text; write {} = \"...\"", key, key);
    *field = printable(*value);
  }
  d.docs = printable(table["docs"].value_or(std::string()));
  for (auto& [key, field] :
       std::initializer_list<std::pair<const char*, std::vector<std::string>*>>{
           {"upstream", &d.upstream},
           {"subjects", &d.subjects},
           {"verified_on", &d.verified_on},
           {"steps", &d.steps},
           {"observations", &d.observations}}) {
    const toml::array* list = table[key].as_array();
    if (!list)
      return fmt::format("'{}' is missing or no list of texts; write {} = [\"...\"]", key, key);
    for (const toml::node& node : *list) {
      const auto value = node.value<std::string>();
      if (!value)
        return fmt::format("'{}' is missing or no list of texts; write {} = [\"...\"]", key, key);
      field->push_back(printable(*value));
    }
  }
  return {};
}

/// The facts that were read are checked: what is wrong with them, or nothing.
std::string error_in_facts(const toml::table& table, std::string_view file, Deviation& d) {
  if (fmt::format("{}.toml", d.id) != std::filesystem::path(file).filename().string())
    return fmt::format("its id is '{}'; correct it, or call the file ID.toml",
                       d.id.substr(0, longest_shown));
  if (d.standing != "documented" && d.standing != "derived" && d.standing != "our choice")
    return "'standing' must be \"documented\", \"derived\" or \"our choice\"";
  const bool wants_docs = d.standing == "documented" || table.contains("docs");
  if (wants_docs && d.docs.substr(0, docs_site.size()) != docs_site)
    return fmt::format(
        "'docs' must be the page that documents it, {}...; add the link, or change 'standing'",
        docs_site);
  if (!is_version_range(d.versions))
    return fmt::format("'{}' is no range of versions; write one like \">=1.13,<2.14\"", d.versions);
  if (!prediction(d.prediction))
    return fmt::format("no prediction is called '{}'; there are {}", d.prediction,
                       fmt::join(prediction_names(), ", "));
  for (const std::string& step : d.steps)
    if (!step_kind_from(step))
      return fmt::format("no kind of step is called '{}'; normdiff subjects lists them", step);
  for (const std::string& family : d.subjects)
    if (!is_family(family))
      return fmt::format("'subjects' has '{}', which is no family; normdiff subjects lists them",
                         family);
  if (d.steps.empty() || d.subjects.empty() || d.verified_on.empty())
    return "'steps', 'subjects' and 'verified_on' must not be empty";
  if (const std::string error = error_in_verified_on(d); !error.empty()) return error;
  if (const std::string error = error_in_hits(table["hits"].as_table(), d); !error.empty())
    return error;
  if (d.observations.empty()) return "'observations' must not be empty";
  for (const std::string& glob : d.observations) {
    const std::size_t colon = glob.find(':');
    if (colon == std::string::npos || !named<ObservationClass>(glob.substr(0, colon)))
      return fmt::format("'{}' is not an observation like \"flag:training\" or \"statistic:*\"",
                         glob);
  }
  return {};
}

}  // namespace

std::variant<Deviation, DeviationError> parse_deviation(std::string_view text,
                                                        std::string_view file) {
  if (const int line = line_of_deep_key(text); line > 0)
    return DeviationError{
        fmt::format("{}:{}: more than {} dots in a line; write plain keys", file, line, most_dots)};
  toml::table table;
  try {
    table = toml::parse(text, file);
  } catch (const toml::parse_error& e) {
    return DeviationError{fmt::format("{}:{}: {}; correct the line", file, e.source().begin.line,
                                      std::string(e.description()))};
  }
  const auto fail = [file](std::string why) {
    return DeviationError{fmt::format("{}: {}", file, why)};
  };
  for (const auto& [key, node] : table)
    if (std::find(known_keys.begin(), known_keys.end(), key.str()) == known_keys.end())
      return fail(fmt::format("unknown key '{}' (line {}); known are {}", std::string(key.str()),
                              node.source().begin.line, fmt::join(known_keys, ", ")));
  Deviation d;
  if (const std::string error = error_in_texts(table, d); !error.empty()) return fail(error);
  if (const std::string error = error_in_facts(table, file, d); !error.empty()) return fail(error);
  return d;
}

std::variant<Deviations, DeviationError> Deviations::load(const std::filesystem::path& folder) {
  auto files = read_deviation_files(folder);
  if (const auto* error = std::get_if<DeviationError>(&files)) return *error;
  return parse_deviations(std::get<std::vector<DeviationFile>>(files));
}

const Deviations& Deviations::built_in() {
  static const Deviations deviations = [] {
    auto parsed = parse_deviations(built_in_deviation_files());
    if (auto* bad = std::get_if<DeviationError>(&parsed)) throw std::runtime_error(bad->message);
    return std::get<Deviations>(std::move(parsed));
  }();
  return deviations;
}

bool Deviations::is_measured(std::string_view family, std::string_view version) const {
  return std::any_of(list_.begin(), list_.end(), [&](const Deviation& deviation) {
    return std::any_of(deviation.verified_on.begin(), deviation.verified_on.end(),
                       [&](const std::string& subject) {
                         return parts_of(subject) == std::pair(family, version);
                       });
  });
}

Applies Deviations::applies(const Deviation& deviation, const Manifest& subject) const {
  if (std::find(deviation.subjects.begin(), deviation.subjects.end(), subject.family) ==
      deviation.subjects.end())
    return Applies::no;
  if (in_range(subject.version, deviation.versions)) return Applies::claimed;
  return is_measured(subject.family, subject.version) ? Applies::no : Applies::elsewhere;
}

bool Deviations::is_expected(const Deviation& deviation, const Manifest& subject) const {
  const auto version = parse_version(subject.version);
  std::optional<Version> nearest;  // the newest before it; where there is none, the oldest
  for (const Deviation& other : list_)
    for (const std::string& measured : other.verified_on) {
      const auto [family, text] = parts_of(measured);
      const auto at = parse_version(text);
      if (family != subject.family || !at || !version) continue;
      const bool nearer =
          !nearest || (*nearest > *version ? at < nearest : at <= version && at > nearest);
      if (nearer) nearest = at;
    }
  return nearest && in_range(text_of(*nearest), deviation.versions);
}

}  // namespace normdiff
