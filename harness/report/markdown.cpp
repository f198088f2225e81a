#include <fmt/format.h>

#include <algorithm>

#include "harness/report/report.hpp"
#include "harness/report/tables.hpp"
#include "harness/subject/facts.hpp"

namespace normdiff {
namespace {

/// Text inside a table's cell or a line: nothing of it is markup.
std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' || c == '\r') {
      out += ' ';
      continue;
    }
    if (c == '<') {
      out += "&lt;";
      continue;
    }
    if (c == '&') {
      out += "&amp;";
      continue;
    }
    if (std::string_view("\\`*_[]|#").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

/// A fence longer than any in the text.
std::string fenced(std::string_view text, std::string_view language) {
  std::string fence = "```";
  while (text.find(fence) != std::string_view::npos) fence += '`';
  return fmt::format("{}{}\n{}{}{}\n", fence, language, text,
                     !text.empty() && text.back() == '\n' ? "" : "\n", fence);
}

std::string render(const Table& table) {
  std::string out = "|";
  for (const std::string& column : table.columns) out += " " + escape(column) + " |";
  out += "\n|";
  for (std::size_t c = 0; c < table.columns.size(); ++c)
    out += table.first_number > 0 && c >= table.first_number ? " ---: |" : " --- |";
  out += "\n";
  for (const auto& row : table.rows) {
    out += "|";
    for (const std::string& cell : row) out += " " + escape(cell) + " |";
    out += "\n";
  }
  return out;
}

Table ratios_table(const ReportSubject& subject) {
  Table table{{"Tensors", "exact"}, {}, 1};
  for (int tenth = 1; tenth <= 10; ++tenth) table.columns.push_back(fmt::format("≤ 0.{}", tenth));
  table.columns.back() = "≤ 1";
  table.columns.push_back("largest");
  for (const RatioRow& row : ratio_rows(subject)) {
    std::vector<std::string> cells = {row.name, grouped(row.histogram.exact)};
    for (const std::uint64_t n : row.histogram.buckets) cells.push_back(grouped(n));
    cells.push_back(fmt::format("{:.3f}", row.histogram.largest));
    table.rows.push_back(std::move(cells));
  }
  return table;
}

std::string render(const Finding& finding, const std::string& commands, const Counts& hits) {
  std::string out =
      fmt::format("### {}\n\n{}, step {}: {}\n\n", escape(finding.signature),
                  escape(finding.origin), finding.step + 1, escape(finding.statement));
  for (const std::string& detail : finding.details) out += "- " + escape(detail) + "\n";
  for (const std::string& other : finding.signatures)
    if (other != finding.signature) out += fmt::format("- with it: {}\n", escape(other));
  for (const auto& [subject, count] : hits)
    out += fmt::format("- seen on {} {} times\n", escape(subject), grouped(count));
  if (!finding.confirmed)
    out += "- unconfirmed: alone in a fresh process it did not happen again\n";
  if (!commands.empty()) out += "\nReplay it:\n\n" + fenced(commands, "sh");
  if (!finding.subject.facts.empty())
    out += "\nSeen with:\n\n" + fenced(to_paste(finding.subject.facts), "");
  return out + "\n" + fenced(finding.scenario, "python") + "\n";
}

}  // namespace

std::string render_markdown(const Report& report) {
  std::string out = fmt::format("# normdiff {}: conformance of BatchNorm\n\n**{}**\n\n{}\n\n",
                                escape(report.normdiff_version), escape(conclude(report).text),
                                escape(settings_sentence(report)));
  if (!report.failure.empty()) out += escape(report.failure) + "\n\n";
  out += "## New discrepancies\n\n";
  if (report.findings.empty()) out += "None.\n\n";
  for (const ReportFinding& finding : report.findings)
    out += render(finding.first.finding, replay_commands(finding), finding.hits);
  if (!report.harness_errors.empty()) out += "## Harness errors\n\n";
  for (const Finding& error : report.harness_errors) out += render(error, {}, {});
  if (!report.unexpected_passes.empty()) {
    out += "## Unexpected passes\n\n";
    for (const std::string& pass : report.unexpected_passes) out += "- " + escape(pass) + "\n";
    out += "\n";
  }

  std::string missed;
  for (const Floor& floor : report.floors)
    if (floor.state() == Floor::State::missed) missed += "- " + escape(floor.text()) + "\n";
  if (!missed.empty()) out += "## Floors missed\n\n" + missed + "\n";

  if (!report.news.empty()) out += "## News of known deviations\n\n";
  for (const std::string& news : report.news) out += "- " + escape(news) + "\n";
  if (!report.news.empty()) out += "\n";
  if (const Table table = elsewhere_table(report); !table.rows.empty())
    out += "## Known on other versions, and the same here\n\n" + render(table) + "\n";

  out += "## Known deviations\n\n";
  if (const Table table = known_table(report, true); !table.rows.empty())
    out += render(table) + "\n";
  if (const Table table = known_table(report, false); !table.rows.empty())
    out += "In the catalogue, and not seen in this run:\n\n" + render(table) + "\n";

  out += "## Subjects\n\n" + render(subjects_table(report)) + "\n";
  for (const ReportSubject& subject : report.subjects) {
    for (const std::string& why : subject.not_run)
      out += fmt::format("- {} did not run {}\n", escape(subject.manifest.id()), escape(why));
    if (!subject.unusable.empty())
      out += fmt::format("- {} could not be used: {}\n", escape(subject.manifest.id()),
                         escape(subject.unusable));
  }

  out += "\n## What was compared\n\n";
  if (report.settings.corpus) out += "In random scenarios: the corpus is left out.\n\n";
  for (const ReportSubject& subject : report.subjects) {
    if (subject.total().scenarios == 0) continue;
    out += fmt::format("### {}\n\n", escape(subject.manifest.id()));
    out += render(shares_table(subject)) + "\n";
    if (const Table table = not_compared_table(subject); !table.rows.empty())
      out += "Not compared, and why:\n\n" + render(table) + "\n";
    if (const Table table = ratios_table(subject); !table.rows.empty())
      out += "Floating-point tensors by their largest error / bound:\n\n" + render(table) + "\n";
  }
  if (!report.floors.empty()) out += "## Floors\n\n" + escape(floors_sentence(report)) + "\n\n";
  out += "## Power\n\n" + escape(power_sentence(report)) + "\n\n";
  if (!report.power.empty()) out += render(power_table(report)) + "\n";
  return out;
}

}  // namespace normdiff
