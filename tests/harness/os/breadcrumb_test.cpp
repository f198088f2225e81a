#include "harness/os/breadcrumb.hpp"

#include <gtest/gtest.h>

#include "tests/harness/campaign/campaign_support.hpp"

namespace normdiff::test {
namespace {

TEST(Breadcrumb, IsSeenOnTheOtherSideAndRemoved) {
  std::string path;
  {
    auto mine = Breadcrumb::make();
    ASSERT_TRUE(mine);
    path = mine->path();
    EXPECT_EQ(mine->load(), Breadcrumb::not_begun);
    auto theirs = Breadcrumb::open(path);
    ASSERT_TRUE(theirs);
    theirs->store(42);
    EXPECT_EQ(mine->load(), 42U);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Breadcrumb, AShortFileIsRefusedNotMapped) {
  const TemporaryFolder folder;
  EXPECT_FALSE(Breadcrumb::open(folder.write("short", "abc")));
  EXPECT_FALSE(Breadcrumb::open((folder.path() / "none").string()));
}

}  // namespace
}  // namespace normdiff::test
