#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

namespace normdiff {

/// The enumerator that `name` is the name of; `names` has one for each, in their order.
template <class Enum, class Names>
[[nodiscard]] std::optional<Enum> named(const Names& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

}  // namespace normdiff
