#include "harness/subject/subject.hpp"

#include <gtest/gtest.h>

namespace normdiff {
namespace {

TEST(NormaliseVersion, DropsTheBuild) {
  EXPECT_EQ(normalise_version("2.13.0+cpu"), "2.13.0");
  EXPECT_EQ(normalise_version("2.13.0"), "2.13.0");
  EXPECT_EQ(normalise_version("2.15.0.dev20260101+cpu"), "2.15.0");
  EXPECT_EQ(normalise_version("2.6.0rc1"), "2.6.0");
  EXPECT_EQ(normalise_version(""), "");
}

TEST(NormaliseVersion, KnowsDebiansName) {
  EXPECT_EQ(normalise_version("1.13.0a0"), "1.13.1");
  EXPECT_EQ(normalise_version("1.13.0a0+gitunknown"), "1.13.1");
}

TEST(Manifest, IdIsSubjectAndVersion) {
  EXPECT_EQ((Manifest{"textbook:counter-missed", "textbook", "0.1.0", "", ""}.id()),
            "textbook:counter-missed@0.1.0");
}

}  // namespace
}  // namespace normdiff
