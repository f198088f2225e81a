#include "reference/error.hpp"

#include <gtest/gtest.h>

#include <set>

namespace normdiff::reference {
namespace {

TEST(ErrorKind, EveryKindHasANameOfItsOwnThatReadsBack) {
  std::set<std::string_view> names;
  for (const ErrorKind kind : all_of<ErrorKind>) {
    EXPECT_FALSE(to_string(kind).empty());
    EXPECT_TRUE(names.insert(to_string(kind)).second) << to_string(kind);
    EXPECT_EQ(named<ErrorKind>(to_string(kind)), kind);
  }
  EXPECT_EQ(to_string(ErrorKind::single_value_per_channel), "single_value_per_channel");
  EXPECT_EQ(to_string(ErrorKind::unclassified), "unclassified");
}

TEST(ErrorKind, NothingElseIsAKind) {
  EXPECT_EQ(named<ErrorKind>(""), std::nullopt);
  EXPECT_EQ(named<ErrorKind>("wrong_ran"), std::nullopt);
  EXPECT_EQ(named<ErrorKind>("Wrong_rank"), std::nullopt);
}

}  // namespace
}  // namespace normdiff::reference
