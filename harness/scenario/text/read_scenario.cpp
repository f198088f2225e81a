#include "harness/scenario/text/read_scenario.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "harness/scenario/text/text.hpp"

namespace normdiff {

std::variant<Scenario, InputError> read_scenario(const std::filesystem::path& path) {
  auto text = read_text(path, max_scenario_bytes, scenario_remedy);
  if (auto* failed = std::get_if<InputError>(&text)) return *failed;
  auto parsed = parse(std::get<std::string>(text));
  if (const auto* failed = std::get_if<ParseError>(&parsed))
    return InputError{failed->text(path.string())};
  auto& scenario = std::get<Scenario>(parsed);
  if (scenario.statements.empty())
    return InputError{fmt::format(
        "{}: it has no steps, and would conform whatever the subject does; is it whole?",
        path.string())};
  return std::move(scenario);
}

}  // namespace normdiff
