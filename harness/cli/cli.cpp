#include "harness/cli/cli.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <system_error>

#include "harness/text/utf8.hpp"

namespace normdiff {

int fail(const std::string& sentence) {
  std::fflush(stdout);
  fmt::print(stderr, "normdiff: {}\n", printable(sentence));
  return exit_failure;
}

namespace {

bool knows(CLI::App& app, const std::string& name) {
  return !app.get_subcommands([&](const CLI::App* command) { return command->get_name() == name; })
              .empty();
}

std::string names_of_commands(CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App* command) {
         return !command->get_group().empty();  // those that --help shows
       }))
    names.push_back(command->get_name());
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

int run_cli(int argc, const char* const* argv) {
  CLI::App app(
      "Runs PyTorch-like scenarios on real implementations of BatchNorm and checks every step "
      "against\na reference with proven error bounds.",
      "normdiff");
  app.set_version_flag("--version", "normdiff " NORMDIFF_VERSION);
  app.require_subcommand(1);
  app.failure_message([](const CLI::App*, const CLI::Error& error) {
    return fmt::format("normdiff: {}; normdiff --help tells more\n", error.what());
  });
  app.footer(
      "Exit codes: 0 conforms (known deviations included), 1 a new discrepancy, an unexpected pass "
      "or a\nfloor missed, 2 usage, bad input, a failure of the harness, or nothing that could be "
      "compared.\n\n"
      "Examples:\n"
      "  normdiff check corpus/seeds/forum-thread.scenario\n"
      "  normdiff run --subject libtorch --profile modes --seed 7 --scenarios 10000\n"
      "  normdiff subjects");
  Action action;
  for (const auto add : {add_run, add_check, add_trace, add_report, add_subjects, add_deviations,
                         add_fmt, add_language, add_bench, add_host})
    add(app, action);
  if (argc > 1 && *argv[1] != '-' && !knows(app, argv[1]))
    return fail(
        fmt::format("there is no command {}; there are {}", argv[1], names_of_commands(app)));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_conforms : exit_failure;
  }
  const auto not_written = [](int error) {
    if (error == EPIPE) return fail("who reads the output went away before its end");
    return fail(fmt::format("the output can't be written ({}); make room where it goes",
                            std::strerror(error)));
  };
  try {
    const int code = action();
    return std::fflush(stdout) == 0 ? code : not_written(errno);
  } catch (const std::system_error& error) {
    if (std::ferror(stdout) != 0) return not_written(error.code().value());
    return fail(fmt::format("an error of its own: {}", error.what()));
  } catch (const std::exception& error) {
    return fail(fmt::format("an error of its own: {}", error.what()));
  }
}

}  // namespace normdiff
