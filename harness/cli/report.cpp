#include "harness/report/report.hpp"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "harness/campaign/read_file.hpp"
#include "harness/cli/cli.hpp"

namespace normdiff {
namespace {

constexpr std::size_t longest_report = std::size_t{1} << 28;

int render(const std::string& folder) {
  const std::filesystem::path path = std::filesystem::path(folder) / "report.json";
  auto text = read_text(path, longest_report);
  if (const auto* error = std::get_if<InputError>(&text)) return fail(error->message);
  Report report;
  try {
    report = report_from_json(nlohmann::json::parse(std::get<std::string>(text)));
  } catch (const nlohmann::json::exception& error) {
    return fail(fmt::format("{}: this is no report of this normdiff ({}); run normdiff run again",
                            path.string(), error.what()));
  }
  if (const auto failed = write_report(report, folder)) return fail(*failed);
  fmt::print("{}\n{}/report.md and {}/report.html are written\n{}\n", render_summary(report),
             folder, folder, conclude(report).text);
  return conclude(report).exit_code;
}

}  // namespace

void add_report(CLI::App& app, Action& action) {
  auto folder = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(
      "report", "Writes report.md and report.html again from report.json, and prints the summary");
  command->add_option("FOLDER", *folder, "Where a run wrote its report")->required();
  command->footer("Examples:\n  normdiff report reports/out/latest");
  command->callback([folder, &action] { action = [folder] { return render(*folder); }; });
}

}  // namespace normdiff
