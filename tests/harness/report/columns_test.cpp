#include "harness/report/columns.hpp"

#include <gmock/gmock.h>

namespace normdiff {
namespace {

using testing::ElementsAre;

TEST(Wrapped, BreaksAtSpacesByColumnsNotBytes) {
  EXPECT_THAT(wrapped("one two three", 7), ElementsAre("one two", "three"));
  EXPECT_THAT(wrapped("a longerword b", 4), ElementsAre("a", "longerword", "b"));
  EXPECT_THAT(wrapped("\xC3\xA9 \xC3\xA9 e", 3), ElementsAre("\xC3\xA9 \xC3\xA9", "e"));
  EXPECT_THAT(wrapped("", 4), ElementsAre(""));
}

TEST(Hanging, IndentsWhatFollows) {
  EXPECT_EQ(hanging("one two three", 2, 9), "one two\n  three");
}

TEST(Hanging, BreaksAWordThatIsWiderThanALine) {
  EXPECT_EQ(hanging("a longestword b", 2, 6), "a\n  long\n  estw\n  ord\n  b");
  EXPECT_EQ(hanging("\xC3\xA9\xC3\xA9\xC3\xA9", 1, 3), "\xC3\xA9\xC3\xA9\n \xC3\xA9");
}

}  // namespace
}  // namespace normdiff
