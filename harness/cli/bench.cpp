#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "harness/campaign/subjects.hpp"
#include "harness/cli/cli.hpp"

namespace normdiff {
namespace {

int bench(const std::vector<std::string>& passed_on) {
  const std::vector<std::filesystem::path> folders = own_places().programs();
  const auto program_in = [](const std::filesystem::path& folder) {
    return (folder / "normdiff-bench").string();
  };
  const auto found = std::ranges::find_if(folders, [&](const std::filesystem::path& folder) {
    return access(program_in(folder).c_str(), X_OK) == 0;
  });
  if (found == folders.end())
    return fail(fmt::format("{} is not there; make bench builds it", program_in(folders.front())));
  const std::string program = program_in(*found);
  std::vector<char*> arguments = {const_cast<char*>(program.c_str())};
  for (const std::string& argument : passed_on)
    arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  execv(program.c_str(), arguments.data());
  return fail(fmt::format("{} can't be started ({})", program, std::strerror(errno)));
}

}  // namespace

void add_bench(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("bench", "Measures, as ratios, what checking costs");
  command->prefix_command();
  command->footer(
      "Options are Google Benchmark's. Memory is measured only where none is given.\n\n"
      "Examples:\n  normdiff bench\n  normdiff bench --benchmark_repetitions=20");
  command->callback([command, &action] {
    action = [passed_on = command->remaining()] { return bench(passed_on); };
  });
}

}  // namespace normdiff
