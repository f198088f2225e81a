#include "reference/layers/dropout.hpp"

#include <gmock/gmock.h>

#include <limits>

#include <cmath>

#include "tests/reference/modules/runs.hpp"

namespace normdiff::reference {
namespace {

using testing::Input;
using testing::Numbers;
using testing::Single;
using testing::single;

TEST(Dropout, HasTheDocumentedDefaultWhichIsRandomAndRefused) {
  EXPECT_EQ(Dropout{}.p, 0.5);
  for (const double p : {0.5, -1.0, 1.5, std::nan("")}) {
    const auto problem = Dropout{p}.problem();
    ASSERT_TRUE(problem) << p;
    EXPECT_EQ(problem->argument, "p");
    EXPECT_THAT(problem->sentence, ::testing::HasSubstr("write p=0 or p=1"));
  }
  EXPECT_THAT(Dropout{}.problem()->sentence, ::testing::HasSubstr("not 0.5"));
  EXPECT_FALSE(Dropout{0}.problem());
  EXPECT_FALSE(Dropout{1}.problem());
}

TEST(Dropout, DropsInTrainingOnly) {
  EXPECT_TRUE(Dropout{1}.does_nothing(false));
  EXPECT_FALSE(Dropout{1}.does_nothing(true));
  EXPECT_TRUE(Dropout{0}.does_nothing(true));
}

TEST(Dropout, GivesItsInputWhereThereIsNothingToDrop) {
  const Input<float> x{{1, -2}, {2, 1}};
  for (const Single& y : {single(Dropout{0}, x, true), single(Dropout{0}, x, false),
                          single(Dropout{1}, x, false), single(Dropout{0}, x, true, false)}) {
    EXPECT_EQ(y.output, (Numbers{1, -2}));
    EXPECT_TRUE(y.is_leaf && y.requires_grad);
    EXPECT_TRUE(y.tape.calls[0].saves_nothing);
  }
  EXPECT_TRUE(single(Dropout{1}, {{}, {0, 1}}).is_leaf) << "an empty batch";
}

TEST(Dropout, OfEverythingItGivesZerosAndSavesSomething) {
  const Single y = single(Dropout{1}, {{1, -2, std::numeric_limits<float>::infinity()}, {3, 1}});
  EXPECT_EQ(y.output, (Numbers{0, 0, 0}));
  EXPECT_EQ(y.error, (Numbers{0, 0, -1})) << "0 times infinity, or 0";
  EXPECT_TRUE(y.requires_grad && !y.is_leaf);
  EXPECT_FALSE(y.tape.calls[0].saves_nothing);
  EXPECT_FALSE(single(Dropout{1}, {{1}, {1, 1}}, true, false).requires_grad);
}

}  // namespace
}  // namespace normdiff::reference
