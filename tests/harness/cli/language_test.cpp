#include "harness/language/manual.hpp"
#include "tests/harness/cli/program.hpp"

namespace normdiff::test {
namespace {

TEST(LanguageCommand, PrintsTheReference) {
  const Ran ran = normdiff("language");
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.output, language_reference());
}

TEST(LanguageCommand, PrintsTheTokensInItsPlaceWhereAskedTo) {
  const Ran ran = normdiff("language --dictionary");
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.output, fuzzing_dictionary());
}

TEST(LanguageCommand, TakesNothingElse) {
  expect_one_sentence("language everything", "everything");
}

}  // namespace
}  // namespace normdiff::test
