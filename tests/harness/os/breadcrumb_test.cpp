#include "harness/os/breadcrumb.hpp"

#include <gtest/gtest.h>

#include "tests/harness/campaign/campaign_support.hpp"

namespace normdiff::test {
namespace {

TEST(NumberFile, IsSeenOnTheOtherSideAndRemoved) {
  std::string path;
  {
    auto mine = NumberFile::make();
    ASSERT_TRUE(mine);
    path = mine->path();
    EXPECT_EQ(mine->load(), NumberFile::not_begun);
    auto theirs = NumberFile::open(path);
    ASSERT_TRUE(theirs);
    theirs->store(42);
    EXPECT_EQ(mine->load(), 42U);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(NumberFile, AShortFileIsRefusedNotMapped) {
  const TemporaryFolder folder;
  EXPECT_FALSE(NumberFile::open(folder.write("short", "abc")));
  EXPECT_FALSE(NumberFile::open((folder.path() / "none").string()));
}

}  // namespace
}  // namespace normdiff::test
