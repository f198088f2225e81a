#include "harness/subject/support.hpp"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <stdexcept>

#include "harness/text/embedded.hpp"

namespace normdiff {
namespace {

struct Part {
  std::string_view name;
  Declines declines;
};
constexpr std::array<Part, 5> parts = {{{"a Sequential", Declines::sequential},
                                        {"what was cast", Declines::cast},
                                        {"an artefact", Declines::artefact},
                                        {"momentum None", Declines::no_momentum},
                                        {"anything", Declines::anything}}};

/// "yes", why not, or { of = ..., why = ... }; false: none of these.
bool read_row(const toml::node* node, Support::Row& row) {
  if (node == nullptr) return false;
  if (const auto said = node->value<std::string>()) {
    row = *said == "yes" ? Support::Row() : Support::Row{Declines::everything, *said};
    return !said->empty();
  }
  const toml::table* table = node->as_table();
  const auto of = table ? (*table)["of"].value<std::string>() : std::nullopt;
  const auto why = table ? (*table)["why"].value<std::string>() : std::nullopt;
  if (!of || !why || why->empty()) return false;
  const auto part =
      std::find_if(parts.begin(), parts.end(), [&of](const Part& p) { return p.name == *of; });
  if (part == parts.end()) return false;
  row = {part->declines, *why};
  return true;
}

std::string bad_row(std::string_view family, std::string_view key) {
  return fmt::format("support.toml: [{}]: say \"yes\", why not, or what of and why for {}", family,
                     key);
}

const Support* support_of(std::string_view family) {
  const std::vector<Support>& table = support_table();
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const Support& support) { return support.family == family; });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace

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
    for (const auto& [key, value] : *rows)
      if (!step_kind_from(key.str()) && !named<Capability>(key.str()))
        return fmt::format("support.toml: [{}]: no such capability or step: {}", name.str(),
                           key.str());
    EnumArray<Capability, Support::Row> by_capability;
    for (const Capability capability : all_of<Capability>)
      if (!read_row(rows->get(to_string(capability)), by_capability[capability]))
        return bad_row(name.str(), to_string(capability));
    for_each_step_type([&, kind = std::size_t{0}]<class S>(TypeTag<S>) mutable {
      support.rows[kind++] = by_capability[S::effect.needs];
    });
    for (std::size_t kind = 0; kind < step_kind_count; ++kind)
      if (const toml::node* row = rows->get(step_kind_name(kind));
          row != nullptr && !read_row(row, support.rows[kind]))
        return bad_row(name.str(), step_kind_name(kind));
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
  return support_of(name) != nullptr;
}

const char* never_does(std::string_view family, std::size_t step_kind) {
  const Support* support = support_of(family);
  if (support == nullptr) return "the support table does not know this subject";
  const Support::Row& row = support->rows[step_kind];
  return row.declines == Declines::everything ? row.why.c_str() : nullptr;
}

namespace {

/// The step gives an instance norm the momentum None. `there` is what it works on.
bool is_without_momentum(const Step& step, const Scope& scope, const reference::Layer* there) {
  const auto is_instance_norm = [](const reference::Layer& layer) {
    return is_norm(layer) && !is_batch_norm(layer);
  };
  if (const auto* set = std::get_if<SetMomentum>(&step))
    return !set->value && there && is_instance_norm(*there);
  const auto* made = std::get_if<Construct>(&step);
  if (made == nullptr) return false;
  const auto& places = scope[made->result].places;
  return std::any_of(places.begin(), places.end(), [&](const reference::Place& place) {
    const reference::Layer& layer = place.module->layer;
    return is_instance_norm(layer) && !norm_in(layer)->momentum;
  });
}

}  // namespace

bool may_decline(std::string_view family, const Scenario& scenario, const Scope& scope,
                 std::size_t step, const reference::Layer* there) {
  const Support* support = support_of(family);
  if (support == nullptr) return true;
  const Step& declined = scenario.statements[step].step;
  switch (support->rows[declined.index()].declines) {
    case Declines::nothing:
      return false;
    case Declines::everything:
    case Declines::anything:
      return true;
    case Declines::sequential:
      return std::holds_alternative<SetTraining>(declined) && there && is_container(*there);
    case Declines::cast: {
      const auto begin = scenario.statements.begin();
      return std::any_of(begin, begin + static_cast<std::ptrdiff_t>(step), [](const auto& earlier) {
        return std::holds_alternative<CastTo>(earlier.step);
      });
    }
    case Declines::no_momentum:
      return is_without_momentum(declined, scope, there);
    case Declines::artefact: {
      const auto* forward = std::get_if<Forward>(&declined);
      return forward && scope[forward->module.name].kind == NameKind::artefact;
    }
  }
  return false;
}

}  // namespace normdiff
