#include <gmock/gmock.h>

#include <set>
#include <sstream>

#include "checkout.hpp"
#include "harness/language/manual.hpp"
#include "harness/os/read_file.hpp"

namespace normdiff {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

TEST(Dictionary, TheFuzzersFileIsWhatTheTablesSay) {
  EXPECT_EQ(std::get<std::string>(read_text(NORMDIFF_SOURCE_DIR "/fuzz/scenario.dict", 1 << 20,
                                            "it is part of the tree")),
            fuzzing_dictionary())
      << "write it anew: normdiff language --dictionary > fuzz/scenario.dict";
}

TEST(Dictionary, HasAWordOfEachKindAsItStandsInAScenario) {
  const std::string text = fuzzing_dictionary();
  for (const char* token :
       {"torch.jit.trace(", "BatchNorm2d(", ".eval(", ".momentum = ", "momentum=", "eps=", "EVAL",
        ".running_mean", "# normdiff-scenario 1\\x0a", "None"})
    EXPECT_THAT(text, HasSubstr("\n\"" + std::string(token) + "\"\n"));
}

TEST(Dictionary, IsATokenInQuotesOnEachLineAndEachOnce) {
  std::istringstream lines(fuzzing_dictionary());
  std::string line;
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_EQ(line.front(), '#') << "a comment of libFuzzer";
  std::set<std::string> tokens;
  while (std::getline(lines, line)) {
    EXPECT_THAT(line, MatchesRegex("\"[^\"]+\""));
    EXPECT_TRUE(tokens.insert(line).second) << line;
  }
  EXPECT_GT(tokens.size(), 50u);
}

}  // namespace
}  // namespace normdiff
