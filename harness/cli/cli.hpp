#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <string>

namespace normdiff {

inline constexpr int exit_conforms = 0;
inline constexpr int exit_discrepancy = 1;  ///< or an unexpected pass, or a floor missed
/// Usage, bad input, the harness itself, or nothing compared.
inline constexpr int exit_failure = 2;

/// The whole program. What goes wrong is a sentence on the standard error and an exit code.
int run_cli(int argc, const char* const* argv);

/// The work of a subcommand, for when its arguments are read.
using Action = std::function<int()>;

// One file each: adds a subcommand, and sets `action` when it is the one.
void add_run(CLI::App& app, Action& action);
void add_check(CLI::App& app, Action& action);
void add_trace(CLI::App& app, Action& action);
void add_report(CLI::App& app, Action& action);
void add_subjects(CLI::App& app, Action& action);
void add_deviations(CLI::App& app, Action& action);
void add_fmt(CLI::App& app, Action& action);
void add_language(CLI::App& app, Action& action);
void add_bench(CLI::App& app, Action& action);
void add_host(CLI::App& app, Action& action);

/// "normdiff: SENTENCE" on the standard error; the exit code 2.
int fail(const std::string& sentence);

}  // namespace normdiff
