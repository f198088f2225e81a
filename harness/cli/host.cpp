#include "harness/host/host.hpp"

#include <memory>

#include "harness/campaign/subjects.hpp"
#include "harness/cli/cli.hpp"

namespace normdiff {
namespace {

int host(const std::string& name) {
  auto subject = make_own_subject(name);
  if (const auto* error = std::get_if<SubjectError>(&subject)) return fail(error->message);
  return host_main(std::get<Subject>(subject));
}

}  // namespace

void add_host(CLI::App& app, Action& action) {
  auto name = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("host", "Runs a subject for another normdiff");
  command->group("");  // not for people
  command->add_option("--subject", *name, "textbook, textbook:FAULT, python:INTERPRETER")
      ->required();
  command->callback([name, &action] { action = [name] { return host(*name); }; });
}

}  // namespace normdiff
