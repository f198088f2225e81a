#include "harness/subject/facts.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <fstream>

#include "harness/text/embedded.hpp"
#include "harness/text/utf8.hpp"

namespace normdiff {
namespace {

/// The rest of the first line of a file that begins so; empty: there is none.
std::string line_of(const char* path, std::string_view beginning) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(beginning)) return line.substr(beginning.size());
  return {};
}

std::string system_name() {
  std::string name = line_of("/etc/os-release", "PRETTY_NAME=");
  std::erase(name, '"');
  utsname kernel{};
  if (uname(&kernel) != 0) return name;
  return fmt::format("{}{}{} {} {}", name, name.empty() ? "" : ", ", kernel.sysname, kernel.release,
                     kernel.machine);
}

}  // namespace

void add_machine(Facts& facts) {
  facts.emplace_back("system", system_name());
  if (std::string processor = line_of("/proc/cpuinfo", "model name\t: "); !processor.empty())
    facts.emplace_back("processor", std::move(processor));
  facts.emplace_back("normdiff", fmt::format("{} ({})", NORMDIFF_VERSION, embedded::commit()));
}

std::string to_paste(const Facts& facts) {
  std::string text;
  for (const auto& [name, value] : facts)
    text += fmt::format("{}: {}\n", on_one_line(name), on_one_line(value));
  return text;
}

}  // namespace normdiff
