#include "harness/subject/facts.hpp"

#include <gmock/gmock.h>

namespace normdiff {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Key;
using testing::Pair;

TEST(Facts, OfTheMachineNameTheSystemAndNormdiffsOwnCommit) {
  Facts facts;
  add_machine(facts);
  EXPECT_THAT(facts, Contains(Pair("system", HasSubstr("Linux"))));
  EXPECT_THAT(facts, Contains(Pair("normdiff", testing::MatchesRegex("[0-9.]+ \\([^()]+\\)"))));
}

TEST(Facts, ArePastedOneALine) {
  EXPECT_EQ(to_paste({{"torch", "2.13.0+cpu"}, {"onnx", "not installed"}}),
            "torch: 2.13.0+cpu\nonnx: not installed\n");
  EXPECT_EQ(to_paste({}), "");
}

TEST(Facts, OfAForeignTraceCannotForgeALine) {
  const std::string text = to_paste({{"torch", "2.13.0\nconforms"}});
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
}

}  // namespace
}  // namespace normdiff
