#include <fmt/format.h>

#include <algorithm>

#include "harness/report/report.hpp"
#include "harness/report/tables.hpp"

namespace normdiff {
namespace {

constexpr std::size_t widest_cell = 72;
constexpr std::size_t most_reasons = 6;

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string cut(const std::string& text) {
  if (columns_of(text) <= widest_cell) return text;
  std::size_t end = 0;
  for (std::size_t n = 0; n + 3 < widest_cell; ++n) do
      ++end;
    while (end < text.size() && (text[end] & 0xC0) == 0x80);
  return text.substr(0, end) + "...";
}

std::string render(const Table& table, std::size_t most_rows = 1000) {
  std::vector<std::size_t> widths;
  for (const std::string& column : table.columns) widths.push_back(columns_of(column));
  for (const auto& row : table.rows)
    for (std::size_t c = 0; c < row.size(); ++c)
      widths[c] = std::max(widths[c], columns_of(cut(row[c])));
  std::string out;
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text = " ";
    for (std::size_t c = 0; c < cells.size(); ++c) {
      const std::string cell = cut(cells[c]);
      const std::string pad(widths[c] - columns_of(cell), ' ');
      const bool number = table.first_number > 0 && c >= table.first_number;
      text += " " + (number ? pad + cell : cell + pad) + " ";
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  };
  line(table.columns);
  for (std::size_t r = 0; r < std::min(most_rows, table.rows.size()); ++r) line(table.rows[r]);
  if (table.rows.size() > most_rows)
    out += fmt::format("  and {} more\n", table.rows.size() - most_rows);
  return out;
}

}  // namespace

std::string render_summary(const Report& report) {
  std::string out = "\nSubjects\n" + render(subjects_table(report));
  for (const ReportSubject& subject : report.subjects) {
    for (const std::string& why : subject.not_run)
      out += fmt::format("  {} did not run {}\n", subject.manifest.id(), why);
    if (!subject.unusable.empty())
      out += fmt::format("  {} could not be used: {}\n", subject.manifest.id(), subject.unusable);
  }
  for (const ReportSubject& subject : report.subjects) {
    if (subject.total().scenarios == 0) continue;
    out += fmt::format("\nCompared on {}\n", subject.manifest.id()) + render(shares_table(subject));
    if (const Table table = not_compared_table(subject); !table.rows.empty())
      out += "  Not compared, and why\n" + render(table, most_reasons);
  }
  if (const auto hits = report.deviation_hits(); !hits.empty()) {
    Table table{{"Times", "Deviation"}, {}, 0};
    for (const auto& hit : hits) {
      const std::string& id = hit.first;
      std::uint64_t sum = 0;
      for (const auto& [subject, count] : hit.second) sum += count;
      const auto found = std::find_if(report.deviations.begin(), report.deviations.end(),
                                      [&](const Deviation& known) { return known.id == id; });
      table.rows.push_back({grouped(sum), found == report.deviations.end() ? id : found->title});
    }
    out += "\nDiscrepancies, known\n" + render(table);
  }
  if (!report.findings.empty()) {
    out += "\nDiscrepancies, new\n";
    for (const ReportFinding& finding : report.findings)
      out += fmt::format("  {}{}\n    {}\n    {}\n", finding.finding.signature,
                         finding.finding.confirmed ? "" : " (unconfirmed)",
                         finding.finding.details.empty() ? "" : finding.finding.details.front(),
                         finding.replay_command());
  }
  for (const std::string& pass : report.unexpected_passes)
    out += fmt::format("\nUnexpected pass\n  {}\n", pass);
  for (const Finding& error : report.harness_errors)
    out += fmt::format("\nHarness error\n  {}: {}\n", error.origin,
                       error.details.empty() ? error.signature : error.details.front());
  for (const Floor& floor : report.floors)
    if (!floor.passed()) out += fmt::format("\nFloor missed\n  {}\n", floor.text());
  if (!report.failure.empty()) out += fmt::format("\n{}\n", report.failure);
  out += "\n" + power_sentence(report) + "\n";
  return out;
}

}  // namespace normdiff
