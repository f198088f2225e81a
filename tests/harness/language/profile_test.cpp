#include "harness/language/profile.hpp"

#include <gtest/gtest.h>

namespace normdiff {
namespace {

TEST(Profile, HasAName) {
  for (const Profile profile :
       {Profile::modes, Profile::numerics, Profile::exports, Profile::bench})
    EXPECT_EQ(profile_from(to_string(profile)), profile);
  EXPECT_EQ(to_string(Profile::exports), "export");
  EXPECT_FALSE(profile_from("exports"));
}

}  // namespace
}  // namespace normdiff
