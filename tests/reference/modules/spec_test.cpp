#include "reference/modules/spec.hpp"

#include <gtest/gtest.h>

#include "tests/reference/modules/trees.hpp"

namespace normdiff::reference {
namespace {

using testing::leaf;
using testing::norm;
using testing::sequential;

TEST(ModuleKind, IsSpelledAsInTorchNn) {
  for (const ModuleKind kind : all_of<ModuleKind>)
    EXPECT_EQ(named<ModuleKind>(to_string(kind)), kind);
  EXPECT_EQ(to_string(ModuleKind::BatchNorm2d), "BatchNorm2d");
  EXPECT_EQ(named<ModuleKind>("batchnorm2d"), std::nullopt);
  EXPECT_EQ(named<ModuleKind>(""), std::nullopt);
}

TEST(ModuleKind, ThreeOfThemAreBatchNorms) {
  int count = 0;
  for (const ModuleKind kind : all_of<ModuleKind>) count += is_batch_norm(kind);
  EXPECT_EQ(count, 3);
  EXPECT_TRUE(is_batch_norm(ModuleKind::BatchNorm1d));
  EXPECT_TRUE(is_batch_norm(ModuleKind::BatchNorm2d));
  EXPECT_TRUE(is_batch_norm(ModuleKind::BatchNorm3d));
}

TEST(BatchNormOptions, HasTheDocumentedDefaults) {
  const BatchNormOptions options;
  EXPECT_EQ(options.eps, 1e-5);
  EXPECT_EQ(options.momentum, 0.1);
  EXPECT_TRUE(options.affine);
  EXPECT_TRUE(options.track_running_stats);
}

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
  const auto root = sequential({{"a", shared}, {"act", leaf(ModuleKind::ReLU)}, {"b", shared}});
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
