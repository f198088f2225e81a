#pragma once

#include <nlohmann/json.hpp>
#include <type_traits>

#include "harness/text/enums.hpp"

/// A struct as a JSON object, both ways. `fields(value, visit)` names its members, once for both:
/// it calls visit(name, member) with each. An enumerator is written by its name.
namespace normdiff {

template <class T, class Fields>
[[nodiscard]] nlohmann::json fields_to_json(const T& value, Fields fields) {
  nlohmann::json object = nlohmann::json::object();
  fields(value, [&]<class Member>(const char* name, const Member& member) {
    if constexpr (Named<Member>)
      object[name] = to_string(member);
    else
      object[name] = member;
  });
  return object;
}

/// Reads one member. Throws nlohmann::json::exception where it is missing or of another type.
template <class Member>
void field_from_json(const nlohmann::json& object, const char* name, Member& member) {
  if constexpr (Named<Member>) {
    const auto known = named<Member>(object.at(name).get_ref<const std::string&>());
    if (!known) throw nlohmann::json::other_error::create(501, "unknown name", &object);
    member = *known;
  } else {
    object.at(name).get_to(member);
  }
}

/// Throws as field_from_json does.
template <class T, class Fields>
[[nodiscard]] T fields_from_json(const nlohmann::json& object, Fields fields) {
  T value;
  fields(value, [&](const char* name, auto& member) { field_from_json(object, name, member); });
  return value;
}

}  // namespace normdiff
