#include "harness/language/profile.hpp"

#include <array>

#include "harness/text/names.hpp"

namespace normdiff {
namespace {

constexpr std::array<std::string_view, profile_count> profile_names = {"modes", "numerics",
                                                                       "export", "bench"};

}  // namespace

std::string_view to_string(Profile profile) {
  return profile_names[static_cast<std::size_t>(profile)];
}

std::optional<Profile> profile_from(std::string_view name) {
  return named<Profile>(profile_names, name);
}

}  // namespace normdiff
