#include "harness/text/glob.hpp"

#include <gtest/gtest.h>

#include <string>

namespace normdiff {
namespace {

TEST(Glob, AStarStandsForAnything) {
  EXPECT_TRUE(glob_matches("flag:*", "flag:training"));
  EXPECT_TRUE(glob_matches("*:training", "flag:training"));
  EXPECT_TRUE(glob_matches("*", ""));
  EXPECT_TRUE(glob_matches("a*b*c", "a--b--b--c"));
  EXPECT_TRUE(glob_matches("", ""));
  EXPECT_FALSE(glob_matches("", "x"));
  EXPECT_FALSE(glob_matches("flag:*", "flags:training"));
  EXPECT_FALSE(glob_matches("a*b", "a--bc"));
  EXPECT_TRUE(glob_matches("*b*", "a--b")) << "a star behind the last letter";
  EXPECT_FALSE(glob_matches("a*b*c", "a--b--b"));
}

TEST(Glob, ManyStarsTakeNoTime) {
  std::string stars;
  for (int i = 0; i < 200; ++i) stars += "*a";
  EXPECT_FALSE(glob_matches(stars + "b", std::string(4000, 'a')));
}

}  // namespace
}  // namespace normdiff
