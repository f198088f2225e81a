#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "harness/campaign/replay.hpp"
#include "harness/campaign/subjects.hpp"
#include "harness/cli/catalogue.hpp"
#include "harness/cli/check_conclusion.hpp"
#include "harness/cli/cli.hpp"
#include "harness/cli/options.hpp"
#include "harness/cli/step_table.hpp"
#include "harness/cli/subject_options.hpp"
#include "harness/cli/terminal.hpp"
#include "harness/cli/trace_file.hpp"
#include "harness/findings/findings.hpp"
#include "harness/host/host_link.hpp"
#include "harness/scenario/text/read_scenario.hpp"
#include "harness/scenario/text/text.hpp"
#include "harness/subject/facts.hpp"
#include "harness/text/utf8.hpp"

namespace normdiff {
namespace {

struct CheckArguments {
  std::vector<std::string> files;
  SubjectOptions subjects;
  std::string deviations;
  bool everything = false;
};

/// Prints the last line of one file on one subject; its exit code.
int say(const std::string& file, const Manifest& subject, const CheckConclusion& conclusion,
        const Terminal& terminal) {
  std::string word = terminal.paint(
      conclusion.word, conclusion.exit_code == exit_conforms ? Colour::green : Colour::red);
  if (!conclusion.rest.empty()) word += ": " + conclusion.rest;
  const bool fits = !terminal.interactive ||
                    width_of(file + subject.id() + word + conclusion.counts) + 8 < terminal.width;
  fmt::print("{} on {}: {};{}{}\n", printable(file), subject.id(), word, fits ? " " : "\n  ",
             conclusion.counts);
  return conclusion.exit_code;
}

int show(const std::string& file, const Manifest& subject, const Scenario& scenario,
         const Replayed& replayed, const Deviations& deviations, bool everything,
         const Terminal& terminal) {
  fmt::print("{}\n{}",
             terminal.paint(fmt::format("{} on {}", printable(file), subject.id()), Colour::bold),
             step_table(scenario, replayed, deviations, everything, terminal));
  // A failure that took the process down once and not again has no step to stand at.
  for (const Finding& finding : replayed.findings)
    if (finding.step < 0)
      fmt::print("        {}\n", terminal.paint(finding.headline(), Colour::red));
  for (const Finding& error : replayed.harness_errors)
    for (const std::string& detail : error.details)
      fmt::print("        {}\n", terminal.paint(detail, Colour::red));
  const int code = say(file, subject, conclude(scenario, replayed), terminal);
  if (code == exit_discrepancy && !subject.facts.empty())
    fmt::print("seen with\n{}", to_paste(subject.facts));
  fmt::print("\n");
  return code;
}

/// A subject with its host, started when first needed.
struct Checked {
  FoundSubject subject;
  std::unique_ptr<HostLink> host;
  std::optional<Manifest> manifest;
};

int check_scenario(const std::string& file, const Scenario& scenario, Checked& on,
                   const Deviations& deviations, const CheckArguments& arguments,
                   const Terminal& terminal) {
  if (!on.host) {
    HostOptions options;
    options.command = on.subject.command;
    on.host = std::make_unique<HostLink>(options);
  }
  if (!on.manifest) {
    auto manifest = on.host->manifest();
    if (const auto* failure = std::get_if<HostFailure>(&manifest))
      return fail(fmt::format("{} can't be used: {}", on.subject.id, failure->text));
    on.manifest = std::get<Manifest>(std::move(manifest));
  }
  CheckOptions check;
  check.keep_everything = true;
  auto answer = replay(*on.host, *on.manifest, scenario, deviations, check, file);
  if (const auto* failure = std::get_if<HostFailure>(&answer))
    return fail(fmt::format("{} can't be used: {}", on.subject.id, failure->text));
  return show(file, *on.manifest, scenario, std::get<Replayed>(answer), deviations,
              arguments.everything, terminal);
}

int check_trace_file(const std::string& file, const Deviations& deviations,
                     const CheckArguments& arguments, const Terminal& terminal) {
  Replayed replayed;
  auto read = read_trace(file, replayed.trace);
  if (const auto* error = std::get_if<InputError>(&read)) return fail(error->message);
  const TraceFile& header = std::get<TraceFile>(read);
  CheckOptions check;
  check.keep_everything = true;
  check_trace(header.subject, header.scenario, deviations, check, file, replayed);
  return show(file, header.subject, header.scenario, replayed, deviations, arguments.everything,
              terminal);
}

bool is_trace(const std::string& file) {
  return file.size() > 6 && file.compare(file.size() - 6, 6, ".jsonl") == 0;
}

/// The files that are named, and in place of a folder those in it and below it, by their names.
std::variant<std::vector<std::string>, std::string> files_of(
    const std::vector<std::string>& named) {
  std::vector<std::string> files;
  for (const std::string& name : named) {
    std::error_code failed;
    if (!std::filesystem::is_directory(name, failed)) {
      files.push_back(name);
      continue;
    }
    std::vector<std::string> inside;
    for (std::filesystem::recursive_directory_iterator entry(name, failed), end;
         !failed && entry != end; entry.increment(failed)) {
      const std::string file = entry->path().string();
      // A pipe would be waited for.
      if ((entry->path().extension() == ".scenario" || is_trace(file)) && !entry->is_fifo(failed))
        inside.push_back(file);
    }
    if (failed)
      return fmt::format("{}: the folder can't be read ({}); check who may read it", name,
                         failed.message());
    if (inside.empty())
      return fmt::format("{}: this folder has no *.scenario and no *.jsonl; name one that has",
                         name);
    std::sort(inside.begin(), inside.end());
    files.insert(files.end(), inside.begin(), inside.end());
  }
  return files;
}

int check(const CheckArguments& arguments) {
  const Terminal terminal = Terminal::of(stdout);
  auto named = files_of(arguments.files);
  if (const auto* error = std::get_if<std::string>(&named)) return fail(*error);
  const auto& files = std::get<std::vector<std::string>>(named);
  auto catalogue = load_catalogue(arguments.deviations);
  if (const auto* error = std::get_if<std::string>(&catalogue)) return fail(*error);
  const Deviations& deviations = std::get<Deviations>(catalogue);

  // Every file is read before anything runs: a bad name at the end is said at once.
  std::vector<std::pair<std::string, Scenario>> scenarios;
  for (const std::string& file : files) {
    if (is_trace(file)) continue;
    auto read = read_scenario(file);
    if (const auto* error = std::get_if<InputError>(&read)) return fail(error->message);
    scenarios.emplace_back(file, std::get<Scenario>(std::move(read)));
  }
  if (scenarios.empty() && !arguments.subjects.subjects.empty())
    return fail("a trace is of the subject that it was recorded on; leave --subject out");
  std::vector<FoundSubject> subjects;
  if (!scenarios.empty()) {  // traces need none
    auto chosen =
        chosen_subjects(arguments.subjects, family_names(/*only_tested=*/true), own_places());
    if (const auto* error = std::get_if<std::string>(&chosen)) return fail(*error);
    subjects = std::get<std::vector<FoundSubject>>(std::move(chosen));
  }
  int worst = exit_conforms;
  for (const std::string& file : files)
    if (is_trace(file))
      worst = std::max(worst, check_trace_file(file, deviations, arguments, terminal));
  std::vector<Checked> checked;
  for (FoundSubject& subject : subjects) {
    if (!subject.problem.empty())
      worst = fail(fmt::format("{} can't be used: {}", subject.id, subject.problem));
    else
      checked.push_back({std::move(subject), nullptr, {}});
  }
  for (const auto& [file, scenario] : scenarios)
    for (Checked& on : checked)
      worst = std::max(worst, check_scenario(file, scenario, on, deviations, arguments, terminal));
  return worst;
}

}  // namespace

void add_check(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<CheckArguments>();
  CLI::App* command = app.add_subcommand(
      "check", "Runs scenario files, or reads recorded traces, and shows them step by step");
  command
      ->add_option("FILE", arguments->files,
                   "*.scenario, *.jsonl from normdiff trace, a folder of them, or - for a scenario "
                   "on the standard input")
      ->required();
  add_subject_options(*command, arguments->subjects, family_names(/*only_tested=*/true));
  command
      ->add_option("--deviations", arguments->deviations,
                   "A folder of known deviations instead of the built-in catalogue")
      ->check(not_empty());
  command->add_flag("--everything", arguments->everything,
                    "Show every observation and its verdict");
  command->footer(
      "The column `training` has the flag of each tree's root, T or E for train and eval, then "
      "those below\nit that differ.\n\nExamples:\n"
      "  normdiff check corpus/seeds/forum-thread.scenario\n"
      "  normdiff check mine.scenario --subject libtorch@1.13.1 --subject libtorch@2.13.0\n"
      "  normdiff check recorded-elsewhere.jsonl --everything");
  command->callback([arguments, &action] { action = [arguments] { return check(*arguments); }; });
}

}  // namespace normdiff
