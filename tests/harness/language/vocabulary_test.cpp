#include "harness/language/vocabulary.hpp"

#include <gmock/gmock.h>

namespace normdiff {
namespace {

using testing::Contains;
using testing::Not;

TEST(Vocabulary, HasTheWordsOfStepsAndLayersAndValues) {
  const Vocabulary& words = vocabulary();
  for (const char* function : {"torch.jit.trace", "fill", "BatchNorm2d", "Sequential", "normal"})
    EXPECT_THAT(words.functions, Contains(function));
  EXPECT_THAT(words.methods, Contains("eval"));
  EXPECT_THAT(words.attributes, Contains("momentum"));
  EXPECT_THAT(words.keywords, Contains("retain_graph"));
  EXPECT_THAT(words.options, Contains("kernel_size"));
  EXPECT_THAT(words.values, Contains("PRESERVE"));
  EXPECT_THAT(words.slots, Contains("running_var"));
}

TEST(Vocabulary, TellsTheOptionsOfLayersFromTheArgumentsOfSteps) {
  EXPECT_THAT(vocabulary().keywords, Not(Contains("kernel_size")));
  EXPECT_THAT(vocabulary().options, Not(Contains("retain_graph")));
}

}  // namespace
}  // namespace normdiff
