#include <fmt/format.h>

#include <algorithm>

#include "harness/report/columns.hpp"
#include "harness/report/report.hpp"
#include "harness/report/tables.hpp"

namespace normdiff {
namespace {

constexpr std::size_t most_reasons = 8;
constexpr std::size_t gap = 2;

std::size_t longest_word(std::string_view text) {
  std::size_t longest = 0;
  for (const std::string& word : wrapped(text, 1)) longest = std::max(longest, width_of(word));
  return longest;
}

std::size_t sum_of(const std::vector<std::size_t>& widths) {
  std::size_t sum = 0;
  for (const std::size_t width : widths) sum += gap + width;
  return sum;
}

/// Where `width` does not do, headings are broken at spaces, and then the widest column.
std::string render(const Table& table, std::size_t width, std::size_t most_rows = 1000) {
  const std::size_t columns = table.columns.size();
  const std::size_t rows = std::min(most_rows, table.rows.size());
  const auto number = [&](std::size_t c) {
    return table.first_number > 0 && c >= table.first_number;
  };
  const auto measure = [&](const auto& heading) {
    std::vector<std::size_t> all;
    for (std::size_t c = 0; c < columns; ++c) {
      all.push_back(heading(table.columns[c]));
      for (std::size_t r = 0; r < rows; ++r) all[c] = std::max(all[c], width_of(table.rows[r][c]));
    }
    return all;
  };
  std::vector<std::size_t> widths = measure(width_of);
  if (sum_of(widths) > width) widths = measure(longest_word);
  if (const std::size_t sum = sum_of(widths); sum > width) {
    std::size_t& widest = *std::max_element(widths.begin(), widths.end());
    widest = std::max<std::size_t>(widest - std::min(widest, sum - width), 16);
  }
  std::string out;
  const auto line = [&](const std::vector<std::string>& cells) {
    std::vector<std::vector<std::string>> parts;
    std::size_t height = 1;
    for (std::size_t c = 0; c < columns; ++c)
      height = std::max(height, parts.emplace_back(wrapped(cells[c], widths[c])).size());
    for (std::size_t l = 0; l < height; ++l) {
      std::string text;
      for (std::size_t c = 0; c < columns; ++c) {
        const std::string cell = l < parts[c].size() ? parts[c][l] : "";
        const std::size_t used = std::min(width_of(cell), widths[c]);
        text += std::string(gap + (number(c) ? widths[c] - used : 0), ' ') + cell +
                std::string(number(c) ? 0 : widths[c] - used, ' ');
      }
      text.erase(text.find_last_not_of(' ') + 1);
      out += text + "\n";
    }
  };
  line(table.columns);
  for (std::size_t r = 0; r < rows; ++r) line(table.rows[r]);
  if (table.rows.size() > rows)
    out += fmt::format("  and {} more, in the report\n", table.rows.size() - rows);
  return out;
}

/// The columns that fit a screen: the report has the paths too.
Table short_subjects(const Report& report) {
  Table table = subjects_table(report);
  for (const std::size_t column : {std::size_t{2}, std::size_t{1}}) {
    const auto at = static_cast<std::ptrdiff_t>(column);
    table.columns.erase(table.columns.begin() + at);
    for (auto& row : table.rows) row.erase(row.begin() + at);
  }
  table.first_number = 1;
  return table;
}

}  // namespace

std::string render_summary(const Report& report, std::size_t width) {
  const auto say = [width](const std::string& text, std::size_t indent) {
    return std::string(indent, ' ') + hanging(text, indent + 2, width) + "\n";
  };
  std::string out = "\nSubjects\n" + render(short_subjects(report), width);
  for (const ReportSubject& subject : report.subjects) {
    for (const std::string& why : subject.not_run)
      out += say(fmt::format("{} did not run {}", subject.manifest.id(), why), 2);
    if (!subject.unusable.empty())
      out +=
          say(fmt::format("{} could not be used: {}", subject.manifest.id(), subject.unusable), 2);
  }
  for (const ReportSubject& subject : report.subjects) {
    if (subject.total().scenarios == 0) continue;
    out += fmt::format("\nCompared on {}{}\n", subject.manifest.id(),
                       report.settings.corpus ? ", the corpus left out" : "") +
           render(shares_table(subject), width);
    if (Table table = not_compared_table(subject); !table.rows.empty()) {
      table.columns[0] = "Not compared, because";
      out += "\n" + render(table, width, most_reasons);
    }
  }
  const auto add_hits = [&](const std::map<std::string, Counts>& hits, std::string_view heading) {
    if (hits.empty()) return;
    Table table{{"Deviation", "Times"}, {}, 1};
    for (const auto& hit : hits) {
      const std::string& id = hit.first;
      std::uint64_t sum = 0;
      for (const auto& [subject, count] : hit.second) sum += count;
      const auto found = std::find_if(report.deviations.begin(), report.deviations.end(),
                                      [&](const Deviation& known) { return known.id == id; });
      table.rows.push_back({found == report.deviations.end() ? id : found->title, grouped(sum)});
    }
    out += fmt::format("\n{}{}\n", heading, report.settings.corpus ? ", the corpus's too" : "") +
           render(table, width);
  };
  add_hits(report.deviation_hits(), "Discrepancies, known");
  add_hits(report.hits_elsewhere(), "Discrepancies, known on other versions and the same here");
  if (!report.news.empty()) out += "\nNews of known deviations\n";
  for (const std::string& news : report.news) out += say(news, 2);
  if (!report.findings.empty()) {
    out += "\nDiscrepancies, new\n";
    for (const ReportFinding& finding : report.findings) {
      const Finding& first = finding.first.finding;
      out += fmt::format("  {}{}\n", first.signature, first.confirmed ? "" : " (unconfirmed)");
      out += say(first.headline(), 4);
      for (const std::string& other : first.signatures)
        if (other != first.signature) out += say("with it: " + other, 4);
      out += fmt::format("    {}\n", finding.first.replay);  // whole: it is copied
      for (const Witness& other : finding.others) out += fmt::format("    {}\n", other.replay);
    }
  }
  if (!report.unexpected_passes.empty()) out += "\nUnexpected passes\n";
  for (const std::string& pass : report.unexpected_passes) out += say(pass, 2);
  for (const Finding& error : report.harness_errors)
    out += "\nHarness error\n" +
           say(fmt::format("{}: {}", error.origin,
                           error.details.empty() ? error.signature : error.details.front()),
               2);
  std::string missed;
  for (const Floor& floor : report.floors)
    if (floor.state() == Floor::State::missed) missed += say(floor.text(), 2);
  if (!missed.empty()) out += "\nFloors missed\n" + missed;
  if (std::ranges::any_of(
          report.floors, [](const Floor& floor) { return floor.state() == Floor::State::too_few; }))
    out += "\n" + hanging(floors_sentence(report), 0, width) + "\n";
  if (!report.failure.empty()) out += "\n" + hanging(report.failure, 0, width) + "\n";
  out += "\n" + hanging(power_sentence(report), 0, width) + "\n";
  return out;
}

}  // namespace normdiff
