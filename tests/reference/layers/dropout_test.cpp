#include "reference/layers/dropout.hpp"

#include <gmock/gmock.h>

#include <cmath>

namespace normdiff::reference {
namespace {

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

}  // namespace
}  // namespace normdiff::reference
