#include <fmt/format.h>

#include <memory>

#include "harness/cli/cli.hpp"
#include "harness/findings/findings_log.hpp"
#include "harness/os/read_file.hpp"
#include "harness/scenario/text/read_scenario.hpp"
#include "harness/scenario/text/text.hpp"

namespace normdiff {
namespace {

struct FmtArguments {
  std::vector<std::string> files;
  bool check = false;
};

int format(const FmtArguments& arguments) {
  int worst = exit_conforms;
  for (const std::string& file : arguments.files) {
    auto text = read_text(file, max_scenario_bytes, scenario_remedy);
    if (const auto* error = std::get_if<InputError>(&text)) return fail(error->message);
    auto parsed = parse(std::get<std::string>(text));
    if (const auto* error = std::get_if<ParseError>(&parsed)) return fail(error->text(file));
    const std::string canonical = print(std::get<Scenario>(parsed));
    if (canonical == std::get<std::string>(text)) continue;
    if (arguments.check) {
      fmt::print("{} is not canonical; normdiff fmt {} makes it so\n", file, file);
      worst = exit_discrepancy;
    } else {
      if (const auto failed = write_file(file, canonical)) return fail(*failed);
      fmt::print("{}\n", file);
    }
  }
  return worst;
}

}  // namespace

void add_fmt(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<FmtArguments>();
  CLI::App* command =
      app.add_subcommand("fmt", "Rewrites scenario files in their one canonical form");
  command->add_option("FILE", arguments->files, "Scenarios")->required();
  command->add_flag("--check", arguments->check, "Only say which are not; exit 1 where any is");
  command->footer(
      "Examples:\n  normdiff fmt mine.scenario\n  normdiff fmt --check corpus/*/*.scenario");
  command->callback([arguments, &action] { action = [arguments] { return format(*arguments); }; });
}

}  // namespace normdiff
