#include "reference/layers/flatten.hpp"

#include <gmock/gmock.h>

#include <limits>

#include "tests/reference/modules/runs.hpp"

namespace normdiff::reference {
namespace {

using testing::leaf;
using testing::make;
using testing::options;
using testing::sample;

TEST(Flatten, KeepsTheBatchAndMakesOneDimensionOfTheOthers) {
  EXPECT_EQ(Flatten{}.out({2, 3, 4, 5}), (Shape{2, 60}));
  EXPECT_EQ(Flatten{}.out({2, 3}), (Shape{2, 3}));
}

TEST(Flatten, StaysAtTheLargestIntegerWhereTheProductIsBeyondIt) {
  const std::int64_t large = std::int64_t{1} << 32;
  EXPECT_EQ(Flatten{}.out({1, large, large})->operator[](1),
            std::numeric_limits<std::int64_t>::max());
}

TEST(Flatten, AloneSavesNothing) {
  ForwardPass pass;
  Tape tape;
  const ModulePtr flat = make(leaf(Flatten{}));
  pass.run(*flat, sample.activation(), options(), {}, &tape);
  EXPECT_TRUE(tape.calls[0].saves_nothing);
  EXPECT_FALSE(tape.requires_grad);
}

}  // namespace
}  // namespace normdiff::reference
