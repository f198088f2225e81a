#include "reference/layers/flatten.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace normdiff::reference {
namespace {

TEST(Flatten, KeepsTheBatchAndMakesOneDimensionOfTheOthers) {
  EXPECT_EQ(Flatten{}.out({2, 3, 4, 5}), (Shape{2, 60}));
  EXPECT_EQ(Flatten{}.out({2, 3}), (Shape{2, 3}));
}

TEST(Flatten, StaysAtTheLargestIntegerWhereTheProductIsBeyondIt) {
  const std::int64_t large = std::int64_t{1} << 32;
  EXPECT_EQ(Flatten{}.out({1, large, large})->operator[](1),
            std::numeric_limits<std::int64_t>::max());
}

}  // namespace
}  // namespace normdiff::reference
