#include "harness/cli/step_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "harness/check/error_kinds.hpp"
#include "harness/findings/findings.hpp"
#include "harness/scenario/text/text.hpp"
#include "harness/trace/json.hpp"

namespace normdiff {
namespace {

NameId name_of(std::uint64_t packed) {
  return static_cast<NameId>(packed >> 24);
}
int place_of(std::uint64_t packed) {
  return static_cast<int>((packed >> 8) & 0xFFFF);
}

/// The running statistics and counters that a step moved; not those it shows for the first time.
class Statistics {
 public:
  std::vector<std::string> observe(const Scenario& scenario, const Scope& scope, const Trace& trace,
                                   const StepRecord& step) {
    std::vector<std::string> moved;
    for (std::uint32_t i = step.first; i < step.last; ++i) {
      const Key key = trace.observations[i].key;
      const bool statistic = key.slot == Slot::running_mean || key.slot == Slot::running_var ||
                             key.slot == Slot::num_batches_tracked;
      if (!statistic || seen_.insert(key.packed()).second) continue;
      moved.push_back(print(scenario, scope, key));
    }
    // "net.bn.running_mean, running_var": one path is said once.
    std::string path;
    for (std::string& one : moved) {
      const std::size_t dot = one.rfind('.');
      const std::string own = one.substr(0, dot == std::string::npos ? 0 : dot + 1);
      if (!own.empty() && own == path) one = one.substr(own.size());
      path = own;
    }
    return moved;
  }

 private:
  std::set<std::uint64_t> seen_;
};

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

/// The line of a refusal's text that has the reason; one that ends with a colon announces it.
std::string reason_in(std::string_view text) {
  std::string reason;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
    line.remove_prefix(std::min(line.size(), line.find_first_not_of(" \t")));
    if (line.empty()) continue;
    reason += (reason.empty() ? "" : " ") + std::string(line);
    if (!line.ends_with(':')) break;
  }
  return reason;
}

std::string title_of(const Deviations& deviations, const std::string& id) {
  for (const Deviation& deviation : deviations.list())
    if (deviation.id == id) return deviation.title;
  return "no longer in the catalogue";
}

bool is_discrepancy(const Judged& judged) {
  const VerdictGroup group = group_of(judged.verdict);
  return group == VerdictGroup::known || group == VerdictGroup::discrepancy ||
         group == VerdictGroup::failure;
}

/// A discrepancy in the words of a person: a flag or statistic that moved though nobody asked for
/// it.
std::string in_words(const Scenario& scenario, const Scope& scope, const Judged& judged) {
  std::string line = describe(scenario, scope, judged);
  const Step& step = scenario.statements[static_cast<std::size_t>(judged.step)].step;
  const bool asks =
      std::holds_alternative<Train>(step) || std::holds_alternative<SetTraining>(step);
  if (judged.observed_class == ObservationClass::flag && !asks) line += ": nothing asked for it";
  return line;
}

/// "12/14, 2 weak": observations of a step that were compared, and those of which that says little.
std::string compared_text(const std::vector<Judged>& judged, std::size_t begin, std::size_t end) {
  const auto count = [&](bool (*is)(Verdict)) {
    return std::count_if(judged.begin() + static_cast<std::ptrdiff_t>(begin),
                         judged.begin() + static_cast<std::ptrdiff_t>(end),
                         [is](const Judged& one) { return is(one.verdict); });
  };
  if (end == begin) return "";
  const auto weak = count(says_little);
  return fmt::format("{}/{}{}", count(is_compared), end - begin,
                     weak > 0 ? fmt::format(", {} weak", weak) : "");
}

struct Row {
  std::string statement, outcome, flags, compared, moved;
  std::size_t begin = 0, end = 0;  ///< its observations, in the judged ones
};

std::vector<Row> rows_of(const Scenario& scenario, const Scope& scope, const Replayed& replayed) {
  const Trace& trace = replayed.trace;
  const std::vector<Judged>& judged = replayed.checked.judged;
  Flags flags;
  Statistics statistics;
  std::vector<Row> rows;
  std::size_t at = 0;
  for (std::size_t i = 0; i < trace.steps.size(); ++i) {
    const StepRecord& record = trace.steps[i];
    const std::size_t begin = at;
    while (at < judged.size() && judged[at].step == static_cast<int>(i)) ++at;
    flags.observe(trace, record);
    rows.push_back(
        {i < scenario.statements.size() ? print(scenario, scenario.statements[i].step) : "",
         std::string(to_string(record.outcome)), flags.text(scenario, scope),
         compared_text(judged, begin, at),
         joined(statistics.observe(scenario, scope, trace, record)), begin, at});
  }
  return rows;
}

struct Widths {
  std::size_t statement, outcome, flags, compared;
};
Widths widths_of(const std::vector<Row>& rows, std::size_t terminal) {
  const auto widest = [&](std::string Row::*column, std::string_view head, std::size_t most) {
    std::size_t width = width_of(head);
    for (const Row& row : rows) width = std::max(width, width_of(row.*column));
    return std::min(width, most);
  };
  constexpr std::size_t least_for_statements = 24, between = 12;
  Widths widths{0, widest(&Row::outcome, "outcome", 12),
                widest(&Row::flags, "training", terminal / 4),
                widest(&Row::compared, "compared", 12)};
  const std::size_t others = between + widths.outcome + widths.flags + widths.compared;
  const std::size_t rest = terminal > others ? terminal - others : 0;
  widths.statement = widest(&Row::statement, "step", std::max(least_for_statements, rest));
  return widths;
}

std::string line_of(std::size_t number, const Row& row, const Widths& widths, Outcome outcome,
                    const Terminal& terminal) {
  std::string line = fmt::format(
      "{:>4}  {}  ", number, padded(shorten(row.statement, widths.statement), widths.statement));
  line += terminal.paint(padded(row.outcome, widths.outcome),
                         outcome == Outcome::ok ? Colour::plain : Colour::yellow);
  line +=
      fmt::format("  {}  {}", padded(shorten(row.flags, widths.flags), widths.flags), row.compared);
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

/// An observation that is as it should be.
std::string agreed_text(const Scenario& scenario, const Scope& scope, const Judged& judged) {
  // These two are shown beside both of their bounds.
  const bool two_bounds =
      judged.verdict == Verdict::improbable || judged.verdict == Verdict::algorithmic_loss;
  const std::string beside = two_bounds ? ", expected " + judged.expected : "";
  return fmt::format(
      "{}: {}{}{}{}",
      judged.observed_class == ObservationClass::error ? "outcome"
                                                       : print(scenario, scope, judged.key),
      to_string(judged.verdict), judged.observed.empty() ? "" : ", " + judged.observed, beside,
      judged.ratio > 0 ? fmt::format(", error {:.3g} of the bound", judged.ratio) : "");
}

}  // namespace

void Flags::observe(const Trace& trace, const StepRecord& step) {
  for (std::uint32_t i = step.first; i < step.last; ++i) {
    const Observation& seen = trace.observations[i];
    if (seen.key.slot != Slot::training) continue;
    if (const bool* flag = std::get_if<bool>(&seen.value)) flags_[seen.key.packed()] = *flag;
  }
}

std::string Flags::text(const Scenario& scenario, const Scope& scope) const {
  std::string out;
  for (auto root = flags_.begin(); root != flags_.end();) {
    const NameId name = name_of(root->first);
    auto end = root;
    while (end != flags_.end() && name_of(end->first) == name) ++end;
    // Those below it that differ, unless all below a listed one are listed with it.
    out += fmt::format("{}{} {}", out.empty() ? "" : "; ", scenario.names[name],
                       root->second ? "T" : "E");
    const std::vector<reference::Place>& places = scope[name].places;
    for (auto below = std::next(root); below != end; ++below) {
      if (below->second == root->second) continue;
      const auto place = static_cast<std::size_t>(place_of(below->first));
      if (place < places.size())
        out += fmt::format(", {}.{} {}", scenario.names[name], places[place].path,
                           below->second ? "T" : "E");
    }
    root = end;
  }
  return out;
}

std::string step_table(const Scenario& scenario, const Replayed& replayed,
                       const Deviations& deviations, bool everything, const Terminal& terminal) {
  const Scope scope = resolve(scenario);
  const std::vector<Row> rows = rows_of(scenario, scope, replayed);
  const Widths widths = widths_of(rows, terminal.width);
  std::string out = terminal.paint(
      fmt::format("{:>4}  {}  {}  {}  {}\n", "", padded("step", widths.statement),
                  padded("outcome", widths.outcome), padded("training", widths.flags), "compared"),
      Colour::dim);
  const auto note = [&](std::string_view text, Colour colour) {
    out += "        " + terminal.paint(hanging(text, 10, terminal.width - 1), colour) + "\n";
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    const StepRecord& record = replayed.trace.steps[i];
    out += line_of(i + 1, row, widths, record.outcome, terminal);
    if (width_of(row.flags) > widths.flags) note("training: " + row.flags, Colour::dim);
    if (const std::string_view text = what_happened(record.text); !text.empty())
      note(shorten(reason_in(text), 160), Colour::dim);
    if (!row.moved.empty()) note("moved: " + row.moved, Colour::dim);
    std::map<std::string, Verdict> known;
    for (std::size_t j = row.begin; j < row.end; ++j) {
      const Judged& judged = replayed.checked.judged[j];
      const bool is_known = !judged.deviation.empty();
      if (is_discrepancy(judged))
        note(in_words(scenario, scope, judged) +
                 (is_known ? " [known: " + judged.deviation + "]" : ""),
             is_known ? Colour::yellow : Colour::red);
      else if (everything || says_little(judged.verdict))
        note(agreed_text(scenario, scope, judged),
             says_little(judged.verdict) ? Colour::yellow : Colour::dim);
      if (is_discrepancy(judged) && is_known) known.emplace(judged.deviation, judged.verdict);
    }
    for (const auto& [id, verdict] : known)
      note(fmt::format("{} {}: {}",
                       verdict == Verdict::known_elsewhere ? "known on other versions, as deviation"
                                                           : "known deviation",
                       id, title_of(deviations, id)),
           Colour::yellow);
  }
  return out;
}

}  // namespace normdiff
