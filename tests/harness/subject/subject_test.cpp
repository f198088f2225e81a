#include "harness/subject/subject.hpp"

#include <gtest/gtest.h>

namespace normdiff {
namespace {

TEST(Manifest, IdIsSubjectAndVersion) {
  EXPECT_EQ((Manifest{"textbook:counter-missed", "textbook", "0.1.0", "", ""}.id()),
            "textbook:counter-missed@0.1.0");
}

}  // namespace
}  // namespace normdiff
