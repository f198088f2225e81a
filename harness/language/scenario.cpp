#include "harness/language/scenario.hpp"

#include <algorithm>

#include "harness/language/all.hpp"

namespace normdiff {
namespace {

template <std::size_t... kinds>
constexpr std::array<std::string_view, sizeof...(kinds)> names_of(std::index_sequence<kinds...>) {
  return {StepType<std::variant_alternative_t<kinds, Step>>::name...};
}
constexpr auto step_names =
    names_of(std::make_index_sequence<static_cast<std::size_t>(step_kind_count)>{});

static_assert(!StepType<Construct>::spellings.back().word.empty(),
              "a kind of module has no spelling in language/construct.hpp");

}  // namespace

std::string_view step_kind_name(std::size_t kind) {
  return step_names[kind];
}

std::optional<std::size_t> step_kind_from(std::string_view name) {
  const auto found = std::find(step_names.begin(), step_names.end(), name);
  if (found == step_names.end()) return std::nullopt;
  return static_cast<std::size_t>(found - step_names.begin());
}

NameId Scenario::intern(std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<NameId>(found - names.begin());
  names.emplace_back(name);
  return static_cast<NameId>(names.size() - 1);
}

}  // namespace normdiff
