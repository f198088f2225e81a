#include "harness/subjects/support.hpp"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <stdexcept>

#include "harness/embedded.hpp"

namespace normdiff {

std::variant<std::vector<Support>, std::string> parse_support(std::string_view text) {
  toml::table table;
  try {
    table = toml::parse(text);
  } catch (const toml::parse_error& error) {
    return fmt::format("support.toml:{}:{}: {}", error.source().begin.line,
                       error.source().begin.column, error.description());
  }
  std::vector<Support> families;
  for (const auto& [name, node] : table) {
    const toml::table* rows = node.as_table();
    if (!rows) return fmt::format("support.toml: [{}] must be a table of step kinds", name.str());
    Support& support = families.emplace_back();
    support.family = name.str();
    for (const auto& [step, value] : *rows)
      if (!step_kind_from(step.str()))
        return fmt::format("support.toml: [{}]: no such step: {}", name.str(), step.str());
    for (std::size_t kind = 0; kind < step_kind_count; ++kind) {
      const auto* row = rows->get(step_kind_name(kind));
      const auto said = row ? row->value<std::string>() : std::nullopt;
      if (!said || said->empty())
        return fmt::format("support.toml: [{}]: say \"yes\" or why not for {}", name.str(),
                           step_kind_name(kind));
      if (*said != "yes") support.reasons[kind] = *said;
    }
  }
  return families;
}

const std::vector<Support>& support_table() {
  static const std::vector<Support> table = [] {
    auto parsed = parse_support(embedded::support());
    if (const auto* error = std::get_if<std::string>(&parsed)) throw std::logic_error(*error);
    return std::get<std::vector<Support>>(std::move(parsed));
  }();
  return table;
}

bool is_family(std::string_view name) {
  const std::vector<Support>& table = support_table();
  return std::any_of(table.begin(), table.end(),
                     [name](const Support& support) { return support.family == name; });
}

const char* unsupported_reason(std::string_view family, std::size_t step_kind) {
  const std::vector<Support>& table = support_table();
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const Support& support) { return support.family == family; });
  if (found == table.end()) return "the support table does not know this subject";
  const std::string& reason = found->reasons[step_kind];
  return reason.empty() ? nullptr : reason.c_str();
}

}  // namespace normdiff
