#include "harness/report/report.hpp"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "harness/cli/cli.hpp"
#include "harness/cli/options.hpp"
#include "harness/cli/terminal.hpp"
#include "harness/findings/findings.hpp"
#include "harness/findings/findings_log.hpp"
#include "harness/os/read_file.hpp"
#include "harness/text/utf8.hpp"
#include "harness/trace/json.hpp"

namespace normdiff {
namespace {

constexpr std::size_t longest_report = std::size_t{1} << 28;
constexpr std::string_view remedy = "run normdiff run again";

/// The findings of a run that was killed, one by one: of what it compared nothing is known.
int say_unreported(const std::string& folder, const std::vector<Finding>& findings) {
  for (const Finding& finding : findings)
    fmt::print("new: {}{}\n  {}\n  {}\n", printable(finding.signature),
               finding.confirmed ? "" : " (unconfirmed)", printable(finding.headline()),
               replay_command(folder + "/" + scenario_file(finding), finding.subject.id(), ""));
  fmt::print(
      "no report: the last run into {} was killed, or is still under way; {} of its findings {} on "
      "the disk, and nothing is said of the rest\n",
      folder, findings.size(), findings.size() == 1 ? "is" : "are");
  return findings.empty() ? exit_failure : exit_discrepancy;
}

int render(const std::string& folder) {
  const std::filesystem::path path = std::filesystem::path(folder) / "report.json";
  std::error_code ignored;
  if (std::filesystem::is_regular_file(folder, ignored))
    return fail(fmt::format("{} is a file; name the folder that it is in", folder));
  if (const auto left = unreported_findings(folder)) return say_unreported(folder, *left);
  auto text = read_text(path, longest_report, remedy);
  if (const auto* error = std::get_if<InputError>(&text)) return fail(error->message);
  Report report;
  try {
    report = report_from_json(parse_json(std::get<std::string>(text)));
  } catch (const nlohmann::json::exception& error) {
    // Behind the library's own name for it.
    const std::string_view what = error.what();
    const std::size_t bracket = what.find("] ");
    return fail(fmt::format("{}: this is no report of this normdiff ({}); {}", path.string(),
                            what.substr(bracket == what.npos ? 0 : bracket + 2), remedy));
  }
  const auto failed = write_pages(report, folder);
  fmt::print("{}\n", render_summary(report, Terminal::of(stdout).width));
  if (failed) return fail(*failed);
  fmt::print("{}/report.md and {}/report.html are written\n{}\n", folder, folder,
             conclude(report).text);
  return conclude(report).exit_code;
}

}  // namespace

void add_report(CLI::App& app, Action& action) {
  auto folder = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(
      "report", "Writes report.md and report.html again from report.json, and prints the summary");
  command->add_option("FOLDER", *folder, "Where a run wrote its report")
      ->required()
      ->check(not_empty());
  command->footer(
      "Of a run that was killed it lists the findings that are on the disk.\n\nExamples:\n  "
      "normdiff "
      "report reports/out/latest");
  command->callback([folder, &action] { action = [folder] { return render(*folder); }; });
}

}  // namespace normdiff
