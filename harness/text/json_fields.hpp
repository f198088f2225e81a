#pragma once

#include <nlohmann/json.hpp>

/// A struct as a JSON object, both ways. `fields(value, visit)` names its members, once for both:
/// it calls visit(name, member) with each.
namespace normdiff {

template <class T, class Fields>
[[nodiscard]] nlohmann::json fields_to_json(const T& value, Fields fields) {
  nlohmann::json object = nlohmann::json::object();
  fields(value, [&](const char* name, const auto& member) { object[name] = member; });
  return object;
}

/// Throws nlohmann::json::exception where a member is missing or of another type.
template <class T, class Fields>
[[nodiscard]] T fields_from_json(const nlohmann::json& object, Fields fields) {
  T value;
  fields(value, [&](const char* name, auto& member) { object.at(name).get_to(member); });
  return value;
}

}  // namespace normdiff
