#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "harness/campaign/subjects.hpp"
#include "harness/cli/cli.hpp"
#include "harness/cli/trace_file.hpp"
#include "harness/host/host_link.hpp"
#include "harness/scenario/text/read_scenario.hpp"
#include "harness/scenario/text/text.hpp"
#include "harness/trace/json.hpp"

namespace normdiff {
namespace {

struct TraceArguments {
  std::string file;
  std::string subject = "libtorch";
};

int trace(const TraceArguments& arguments) {
  auto read = read_scenario(arguments.file);
  if (const auto* error = std::get_if<InputError>(&read)) return fail(error->message);
  const Scenario& scenario = std::get<Scenario>(read);
  auto resolved = resolve_subjects({arguments.subject}, own_places());
  if (const auto* error = std::get_if<SubjectError>(&resolved)) return fail(error->message);
  const auto& subjects = std::get<std::vector<FoundSubject>>(resolved);
  if (subjects.size() != 1)
    return fail(fmt::format("a trace is of one subject, and {} are {}; name one of them",
                            arguments.subject, subjects.size()));
  const FoundSubject& subject = subjects.front();
  HostOptions options;
  options.command = subject.command;
  HostLink host(options);
  auto manifest = host.manifest();
  if (const auto* failure = std::get_if<HostFailure>(&manifest))
    return fail(fmt::format("{} can't be used: {}", subject.id, failure->text));
  Trace recorded;
  if (const auto failure = host.trace(print(scenario), scenario.names.size(), recorded))
    return fail(fmt::format("{} gave no trace of {}: {}; normdiff check shows where", subject.id,
                            arguments.file, failure->text));
  const auto line = [](const nlohmann::json& json) {
    fmt::print("{}\n", json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  };
  line(trace_header(std::get<Manifest>(manifest), scenario));
  const Scope scope = resolve(scenario);
  for (std::size_t step = 0; step < recorded.steps.size(); ++step)
    line(to_json(recorded, step, scenario, scope));
  return exit_conforms;
}

}  // namespace

void add_trace(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<TraceArguments>();
  CLI::App* command =
      app.add_subcommand("trace", "Dumps what a subject was seen to do, as JSON lines");
  command->add_option("FILE", arguments->file, "A scenario")->required();
  command->add_option("--subject,-s", arguments->subject, "Run on this one (default: libtorch)");
  command->footer(
      "A trace is evidence by itself: record it where the subject is, check it anywhere.\n\n"
      "Examples:\n"
      "  normdiff trace corpus/seeds/forum-thread.scenario --subject python > thread.jsonl\n"
      "  normdiff check thread.jsonl");
  command->callback([arguments, &action] { action = [arguments] { return trace(*arguments); }; });
}

}  // namespace normdiff
