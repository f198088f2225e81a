#include <fmt/format.h>

#include <memory>

#include "harness/cli/cli.hpp"
#include "harness/language/manual.hpp"

namespace normdiff {

void add_language(CLI::App& app, Action& action) {
  auto dictionary = std::make_shared<bool>(false);
  CLI::App* command =
      app.add_subcommand("language", "Prints the reference of the scenario language, as Markdown");
  command->add_flag("--dictionary", *dictionary, "Print its tokens, as a dictionary of libFuzzer");
  command->footer(
      "Examples:\n  normdiff language | less\n  normdiff language --dictionary > scenario.dict");
  command->callback([dictionary, &action] {
    action = [dictionary] {
      fmt::print("{}", *dictionary ? fuzzing_dictionary() : language_reference());
      return int{exit_conforms};
    };
  });
}

}  // namespace normdiff
