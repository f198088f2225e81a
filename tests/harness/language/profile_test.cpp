#include "harness/language/profile.hpp"

#include <gtest/gtest.h>

namespace normdiff {
namespace {

TEST(Profile, HasAName) {
  for (const Profile profile : all_of<Profile>)
    EXPECT_EQ(named<Profile>(to_string(profile)), profile);
  EXPECT_EQ(to_string(Profile::exports), "export");
  EXPECT_FALSE(named<Profile>("exports"));
}

}  // namespace
}  // namespace normdiff
