#include "harness/text/nearest.hpp"

#include <gmock/gmock.h>

namespace normdiff {
namespace {

TEST(TypingDistance, CountsLettersPutInLeftOutReplacedOrSwapped) {
  EXPECT_EQ(typing_distance("eval", "eval"), 0U);
  EXPECT_EQ(typing_distance("Eval", "eval"), 0U);
  EXPECT_EQ(typing_distance("evall", "eval"), 1U);
  EXPECT_EQ(typing_distance("evl", "eval"), 1U);
  EXPECT_EQ(typing_distance("evol", "eval"), 1U);
  EXPECT_EQ(typing_distance("eavl", "eval"), 1U);
  EXPECT_EQ(typing_distance("", "eval"), 4U);
  EXPECT_EQ(typing_distance("kitten", "sitting"), 3U);
}

TEST(Nearest, IsWhatWasProbablyMeantOrNothing) {
  EXPECT_EQ(nearest("pyhton", {"libtorch", "python"}), "python");
  EXPECT_EQ(nearest("nett", {"bn", "net"}), "net");
  EXPECT_EQ(nearest("a", {"b", "c"}), "");
  EXPECT_EQ(nearest("onnx", {"bn", "net"}), "");
}

TEST(Nearest, ComesFirstInOrder) {
  std::vector<std::string_view> words = {"zero_grad", "train", "eval"};
  sort_by_nearness("evaluate", words);
  EXPECT_THAT(words, testing::ElementsAre("eval", "train", "zero_grad"));
}

}  // namespace
}  // namespace normdiff
