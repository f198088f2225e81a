#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <string>
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

/// Reads one member. Throws nlohmann::json::exception where it is missing or of another type, and
/// says which it is.
template <class Member>
void field_from_json(const nlohmann::json& object, const char* name, Member& member) {
  const auto problem = [&object](const std::string& sentence) {
    return nlohmann::json::other_error::create(501, sentence, &object);
  };
  if (!object.is_object())
    throw problem(fmt::format("an object with the member '{}' is expected, found {}", name,
                              object.type_name()));
  const auto found = object.find(name);
  if (found == object.end()) throw problem(fmt::format("the member '{}' is missing", name));
  try {
    if constexpr (Named<Member>) {
      const auto known = named<Member>(found->get_ref<const std::string&>());
      if (!known)
        throw problem(
            fmt::format("the member '{}' is none of {}", name, fmt::join(names_of<Member>, ", ")));
      member = *known;
    } else {
      found->get_to(member);
    }
  } catch (const nlohmann::json::type_error&) {
    throw problem(fmt::format("the member '{}' can't be {}", name, found->type_name()));
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
