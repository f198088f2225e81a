#include "harness/host/host.hpp"

#include <memory>

#include "harness/campaign/subjects.hpp"
#include "harness/cli/cli.hpp"
#include "harness/os/farewell.hpp"

namespace normdiff {
namespace {

struct HostArguments {
  std::string subject;
  std::string as;
};

int host(const HostArguments& arguments) {
  end_with_parent();
  auto made = make_own_subject(arguments.subject);
  if (const auto* error = std::get_if<SubjectError>(&made)) return fail(error->message);
  Subject& subject = std::get<Subject>(made);
  if (!arguments.as.empty()) subject.manifest.subject = arguments.as;
  return host_main(subject);
}

}  // namespace

void add_host(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<HostArguments>();
  CLI::App* command = app.add_subcommand("host", "Runs a subject for another normdiff");
  command->group("");  // not for people
  command
      ->add_option("--subject", arguments->subject, "textbook, textbook:FAULT, python:INTERPRETER")
      ->required();
  command->add_option("--as", arguments->as, "What its manifest calls it");
  command->callback([arguments, &action] { action = [arguments] { return host(*arguments); }; });
}

}  // namespace normdiff
