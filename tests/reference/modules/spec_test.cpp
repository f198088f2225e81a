#include "reference/modules/spec.hpp"

#include <gtest/gtest.h>

#include "tests/reference/modules/trees.hpp"

namespace normdiff::reference {
namespace {

using testing::leaf;
using testing::norm;
using testing::sequential;

TEST(Places, ALeafHasOne) {
  const auto list = places(*norm());
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].parent, -1);
  EXPECT_EQ(list[0].path, "");
  EXPECT_EQ(list[0].same_module_as, 0);
  EXPECT_EQ(list[0].end, 1);
}

TEST(Places, AreNumberedInPreOrderAndASharedModuleHasOneForEachOccurrence) {
  const auto shared = sequential({{"bn", norm()}});
  const auto root = sequential({{"a", shared}, {"act", leaf(ReLU{})}, {"b", shared}});
  const auto list = places(*root);
  ASSERT_EQ(list.size(), 6u);
  const std::vector<std::string> paths = {"", "a", "a.bn", "act", "b", "b.bn"};
  const std::vector<int> parents = {-1, 0, 1, 0, 0, 4};
  const std::vector<int> same = {0, 1, 2, 3, 1, 2};
  const std::vector<int> ends = {6, 3, 3, 4, 6, 6};
  for (std::size_t i = 0; i < list.size(); ++i) {
    EXPECT_EQ(list[i].path, paths[i]);
    EXPECT_EQ(list[i].parent, parents[i]) << i;
    EXPECT_EQ(list[i].same_module_as, same[i]) << i;
    EXPECT_EQ(list[i].end, ends[i]) << i;
  }
  EXPECT_EQ(list[4].module, shared.get());
}

}  // namespace
}  // namespace normdiff::reference
