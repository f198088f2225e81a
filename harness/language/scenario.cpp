#include "harness/language/scenario.hpp"

#include <algorithm>

namespace normdiff {

NameId Scenario::intern(std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<NameId>(found - names.begin());
  names.emplace_back(name);
  return static_cast<NameId>(names.size() - 1);
}

}  // namespace normdiff
