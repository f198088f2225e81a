#include "harness/report/html.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/report/html_style.hpp"
#include "harness/report/report.hpp"
#include "harness/report/tables.hpp"
#include "harness/subject/facts.hpp"

namespace normdiff {

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

namespace {

constexpr std::size_t most_open = 12;  ///< rows that a reader need not ask for

std::string render(const Table& table, std::string_view style = "") {
  std::string out = fmt::format("<div class=\"scroll\"><table class=\"{}\"><thead><tr>", style);
  const auto number = [&](std::size_t c) {
    return table.first_number > 0 && c >= table.first_number ? " class=\"n\"" : "";
  };
  for (std::size_t c = 0; c < table.columns.size(); ++c)
    out += fmt::format("<th{}>{}</th>", number(c), escape_html(table.columns[c]));
  out += "</tr></thead><tbody>\n";
  for (const auto& row : table.rows) {
    out += "<tr>";
    for (std::size_t c = 0; c < row.size(); ++c)
      out += fmt::format("<td{}>{}</td>", number(c), escape_html(row[c]));
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string section(std::string_view id, std::string_view title) {
  return fmt::format("<h2 id=\"{}\">{}</h2>\n", id, escape_html(title));
}

/// One class as a bar: its parts side by side, as wide as their shares.
std::string share_bar(const ClassShares& shares) {
  const auto part = [&](std::uint64_t n, std::string_view kind) {
    if (n == 0) return std::string();
    const double width = 100 * static_cast<double>(n) / static_cast<double>(shares.total);
    return fmt::format("<i class=\"{}\" style=\"width:{:.3f}%\"></i>", kind, width);
  };
  return "<span class=\"bar\">" + part(shares.sharp, "sharp") + part(shares.weak, "weak") +
         part(shares.known, "known") + part(shares.discrepancies, "new") +
         part(shares.not_compared, "none") + "</span>";
}

std::string render_shares(const ReportSubject& subject) {
  const Tally total = subject.total();
  std::string out =
      "<div class=\"scroll\"><table class=\"shares\"><thead><tr><th>Class</th>"
      "<th class=\"n\">Observations</th><th class=\"wide\">Shares</th><th class=\"n\">Compared</th>"
      "<th class=\"n\">Equal or within bound</th><th class=\"n\">Weakly</th>"
      "<th class=\"n\">Known</th><th class=\"n\">New</th><th class=\"n\">Not compared</th>"
      "</tr></thead><tbody>\n";
  for (const ClassShares& shares : class_shares(total))
    out += fmt::format(
        "<tr><td>{}</td><td class=\"n\">{}</td><td>{}</td><td class=\"n\">{}</td>"
        "<td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>"
        "<td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
        to_string(shares.observed), grouped(shares.total), share_bar(shares),
        percent(total.compared(shares.observed), shares.total), percent(shares.sharp, shares.total),
        grouped(shares.weak), grouped(shares.known), grouped(shares.discrepancies),
        grouped(shares.not_compared));
  return out + "</tbody></table></div>\n";
}

/// Counts by error / bound, on a logarithmic axis so that a single tensor shows.
std::string render_histogram(const RatioRow& row) {
  constexpr int bar = 22;
  constexpr int gap = 4;
  constexpr int height = 70;
  std::vector<std::uint64_t> counts = {row.histogram.exact};
  counts.insert(counts.end(), row.histogram.buckets.begin(), row.histogram.buckets.end());
  const std::uint64_t most = *std::max_element(counts.begin(), counts.end());
  const int width = static_cast<int>(counts.size()) * (bar + gap) + gap;
  std::string out =
      fmt::format("<figure><svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n", width,
                  height + 18, escape_html(row.name));
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const int x = gap + static_cast<int>(i) * (bar + gap);
    const double h = counts[i] == 0
                         ? 0
                         : std::max(2.0, height * std::log1p(static_cast<double>(counts[i])) /
                                             std::log1p(static_cast<double>(most)));
    const std::string label = i == 0 ? "=" : i == 10 ? "1" : fmt::format(".{}", i);
    const std::string range =
        i == 0 ? "exact"
               : fmt::format("{:.1f} to {:.1f} of the bound", static_cast<double>(i - 1) / 10,
                             static_cast<double>(i) / 10);
    out += fmt::format(
        "<rect class=\"{}\" x=\"{}\" y=\"{:.1f}\" width=\"{}\" height=\"{:.1f}\" rx=\"1.5\">"
        "<title>{}: {}</title></rect><text x=\"{}\" y=\"{}\">{}</text>\n",
        i == 0 ? "exact" : "bound", x, height - h, bar, h, range, grouped(counts[i]), x + bar / 2,
        height + 14, label);
  }
  return out + fmt::format("</svg><figcaption>{}<br>largest {:.3f}</figcaption></figure>\n",
                           escape_html(row.name), row.histogram.largest);
}

std::string render_finding(const Finding& finding, const std::string& commands, const Counts& hits,
                           std::string_view id) {
  std::string out = fmt::format(
      "<article id=\"{}\"><h3><code>{}</code></h3>\n<p class=\"meta\">{} &middot; step {}: "
      "<code>{}</code>",
      id, escape_html(finding.signature), escape_html(finding.origin), finding.step + 1,
      escape_html(finding.statement));
  for (const auto& [subject, count] : hits)
    out += fmt::format(" &middot; {} &times; {}", grouped(count), escape_html(subject));
  out += "</p>\n";
  if (!finding.confirmed)
    out += "<p class=\"note\">Unconfirmed: alone in a fresh process it did not happen again.</p>\n";
  out += "<ul>";
  for (const std::string& detail : finding.details)
    out += fmt::format("<li>{}</li>", escape_html(detail));
  for (const std::string& other : finding.signatures)
    if (other != finding.signature)
      out += fmt::format("<li>with it: <code>{}</code></li>", escape_html(other));
  out += "</ul>\n";
  if (!commands.empty())
    out += fmt::format("<p class=\"label\">Replay it</p><pre class=\"command\">{}</pre>\n",
                       escape_html(commands));
  if (!finding.subject.facts.empty())
    out += fmt::format("<p class=\"label\">Seen with</p><pre>{}</pre>\n",
                       escape_html(to_paste(finding.subject.facts)));
  return out + fmt::format("<p class=\"label\">Scenario</p><pre>{}</pre></article>\n",
                           escape_html(finding.scenario));
}

std::string render_header(const Report& report) {
  const Conclusion conclusion = conclude(report);
  const std::string_view mood = !report.findings.empty()    ? "bad"
                                : conclusion.exit_code == 0 ? "good"
                                : conclusion.exit_code == 1 ? "bad"
                                                            : "broken";
  const std::size_t colon = conclusion.text.find(": ");
  std::string word = conclusion.text.substr(0, colon);
  if (!word.empty()) word[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(word[0])));
  std::string out = fmt::format(
      "<header><p class=\"brand\">normdiff {}</p><h1>Conformance of BatchNorm</h1>\n"
      "<p class=\"verdict {}\"><strong>{}</strong><span>{}</span></p>\n",
      escape_html(report.normdiff_version), mood, escape_html(word),
      escape_html(conclusion.text.substr(std::min(colon + 2, conclusion.text.size()))));
  if (!report.failure.empty())
    out += fmt::format("<p class=\"note\">{}</p>\n", escape_html(report.failure));
  return out + fmt::format(
                   "<p class=\"meta\">{}</p>\n"
                   "<nav><a href=\"#new\">New discrepancies ({})</a> "
                   "<a href=\"#known\">Known deviations ({})</a> "
                   "<a href=\"#subjects\">Subjects</a> <a href=\"#compared\">What was compared</a> "
                   "<a href=\"#power\">Power</a></nav></header>\n",
                   escape_html(settings_sentence(report)), report.findings.size(),
                   report.deviation_hits().size() + report.hits_elsewhere().size());
}

/// Everything that makes the verdict what it is.
std::string render_new(const Report& report) {
  std::string out = section("new", "New discrepancies");
  if (report.findings.empty()) out += "<p>None.</p>\n";
  if (report.findings.size() > 1) {
    out += "<ol class=\"index\">";
    for (std::size_t i = 0; i < report.findings.size(); ++i)
      out += fmt::format("<li><a href=\"#new-{}\"><code>{}</code></a></li>", i + 1,
                         escape_html(report.findings[i].first.finding.signature));
    out += "</ol>\n";
  }
  for (std::size_t i = 0; i < report.findings.size(); ++i) {
    const ReportFinding& found = report.findings[i];
    out += render_finding(found.first.finding, replay_commands(found), found.hits,
                          fmt::format("new-{}", i + 1));
  }
  if (!report.harness_errors.empty()) out += section("errors", "Harness errors");
  for (std::size_t i = 0; i < report.harness_errors.size(); ++i)
    out += render_finding(report.harness_errors[i], {}, {}, fmt::format("error-{}", i + 1));
  const auto list = [&](std::string_view id, std::string_view title,
                        const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    out += section(id, title) + "<ul>";
    for (const std::string& line : lines) out += fmt::format("<li>{}</li>", escape_html(line));
    out += "</ul>\n";
  };
  list("passes", "Unexpected passes", report.unexpected_passes);
  std::vector<std::string> missed;
  for (const Floor& floor : report.floors)
    if (floor.state() == Floor::State::missed) missed.push_back(floor.text());
  list("missed", "Floors missed", missed);
  list("news", "News of known deviations", report.news);
  return out;
}

std::string render_known(const Report& report) {
  std::string out =
      section("known", "Known deviations") +
      "<p>What LibTorch or PyTorch is known to do differently from its documentation. Each is a "
      "prediction: the observation must be exactly what it says.</p>\n";
  if (const Table elsewhere = elsewhere_table(report); !elsewhere.rows.empty())
    out += "<h3>Known on other versions, and the same here</h3>\n" + render(elsewhere, "catalogue");
  const Table seen = known_table(report, true);
  const Table rest = known_table(report, false);
  out += seen.rows.empty() ? "<p>None was seen in this run.</p>\n" : render(seen, "catalogue");
  if (!rest.rows.empty())
    out += fmt::format(
        "<details><summary>{} more in the catalogue, not seen in this run"
        "</summary>\n{}</details>\n",
        rest.rows.size(), render(rest, "catalogue"));
  return out;
}

std::string render_subjects(const Report& report) {
  std::string out = section("subjects", "Subjects") + render(subjects_table(report), "subjects");
  for (const ReportSubject& subject : report.subjects) {
    for (const std::string& why : subject.not_run)
      out += fmt::format("<p class=\"note\">{} did not run {}</p>\n",
                         escape_html(subject.manifest.id()), escape_html(why));
    if (!subject.unusable.empty())
      out += fmt::format("<p class=\"note\">{} could not be used: {}</p>\n",
                         escape_html(subject.manifest.id()), escape_html(subject.unusable));
  }
  return out;
}

std::string render_compared(const Report& report) {
  std::string out = section("compared", "What was compared");
  if (report.settings.corpus) out += "<p>In random scenarios: the corpus is left out.</p>\n";
  out +=
      "<p class=\"legend\"><i class=\"sharp\"></i> equal or within the proven bound "
      "<i class=\"weak\"></i> weakly: the bound says little, or not finite <i class=\"known\"></i> "
      "known deviation <i class=\"new\"></i> new discrepancy <i class=\"none\"></i> not "
      "compared</p>\n";
  for (const ReportSubject& subject : report.subjects) {
    if (subject.total().scenarios == 0) continue;
    out +=
        fmt::format("<h3>{}</h3>\n", escape_html(subject.manifest.id())) + render_shares(subject);
    if (const Table table = not_compared_table(subject); !table.rows.empty())
      out += fmt::format("<details{}><summary>Not compared, and why</summary>\n{}</details>\n",
                         table.rows.size() <= most_open ? " open" : "", render(table, "reasons"));
    const std::vector<RatioRow> ratios = ratio_rows(subject);
    if (!ratios.empty()) {
      out +=
          "<h4>Tensors by their largest error / bound (logarithmic; = is exact agreement)</h4>"
          "<div class=\"figures\">\n";
      for (const RatioRow& row : ratios) out += render_histogram(row);
      out += "</div>\n";
    }
  }
  if (!report.floors.empty())
    out += fmt::format("<details><summary>{}</summary>\n{}</details>\n",
                       escape_html(floors_sentence(report)), render(floors_table(report)));
  return out;
}

}  // namespace

std::string render_html(const Report& report) {
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<title>normdiff: conformance of BatchNorm</title>\n<style>{}</style></head>\n<body>\n",
      html_style);
  out += render_header(report);
  out += "<main>\n" + render_new(report) + render_known(report) + render_subjects(report) +
         render_compared(report);
  out +=
      section("power", "Power") + fmt::format("<p>{}</p>\n", escape_html(power_sentence(report)));
  if (!report.power.empty()) out += render(power_table(report));
  return out + "</main>\n</body></html>\n";
}

}  // namespace normdiff
