#include "reference/error.hpp"

#include <gtest/gtest.h>

#include <set>

namespace normdiff::reference {
namespace {

TEST(ErrorKind, EveryKindHasANameOfItsOwnThatReadsBack) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(ErrorKind::unclassified); ++i) {
    const auto kind = static_cast<ErrorKind>(i);
    EXPECT_FALSE(to_string(kind).empty());
    EXPECT_TRUE(names.insert(to_string(kind)).second) << to_string(kind);
    EXPECT_EQ(error_kind_from(to_string(kind)), kind);
  }
  EXPECT_EQ(to_string(ErrorKind::single_value_per_channel), "single_value_per_channel");
  EXPECT_EQ(to_string(ErrorKind::unclassified), "unclassified");
}

TEST(ErrorKind, NothingElseIsAKind) {
  EXPECT_EQ(error_kind_from(""), std::nullopt);
  EXPECT_EQ(error_kind_from("wrong_ran"), std::nullopt);
  EXPECT_EQ(error_kind_from("Wrong_rank"), std::nullopt);
}

}  // namespace
}  // namespace normdiff::reference
